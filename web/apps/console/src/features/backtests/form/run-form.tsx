import { Accordion, Alert, Button, Stack } from "@mantine/core"
import { useForm } from "@mantine/form"
import { useMutation } from "@tanstack/react-query"
import { ApiError } from "@tradertape/api/client.ts"
import { Play } from "lucide-react"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { failureText } from "@/lib/notify"
import { type Options, runCalls } from "@/lib/queries/backtests"
import type { DataSet } from "@/lib/queries/market"
import { AdvancedFields } from "./advanced-fields"
import { backtestOf, checkFields, type Fields } from "./defaults"
import classes from "./form.module.css"
import { MoneyFields } from "./money-fields"
import { PeriodFields } from "./period-fields"
import { RunProgress } from "./run-progress"
import { RunSummaryCard } from "./run-summary-card"
import { StrategyField } from "./strategy-field"
import { UniverseFields } from "./universe-fields"

interface Props {
  initial: Fields
  options: Options
  sets: DataSet[]
}

/** The backtest form. Validation errors of the server appear beside their fields. */
export function RunForm({ initial, options, sets }: Props) {
  const form = useForm<Fields>({ initialValues: initial, validate: checkFields })
  const [runId, setRunId] = useState<string | null>(null)
  const starting = useMutation({
    mutationFn: (fields: Fields) => runCalls.start(backtestOf(fields)),
    onSuccess: (run) => setRunId(run.run_id),
    onError: (error) => {
      if (!(error instanceof ApiError)) return
      for (const { pointer, message } of error.validationErrors)
        form.setFieldError(pointer.slice(1).replaceAll("/", "."), message)
    },
  })
  const set = sets.find(({ name }) => name === form.values.data_set)
  return (
    <form onSubmit={form.onSubmit((fields) => starting.mutate(fields))} className={classes.columns}>
      <Stack gap="md">
        <Section title="What to test">
          <Stack gap="sm">
            <StrategyField form={form} />
            <UniverseFields form={form} sets={sets} />
            <PeriodFields form={form} set={set} />
          </Stack>
        </Section>
        <Section title="Money">
          <MoneyFields form={form} />
        </Section>
        <Accordion variant="separated" radius={8} chevronPosition="left">
          <Accordion.Item
            value="more"
            style={{ border: "1px solid var(--tt-line)", background: "var(--tt-surface)" }}
          >
            <Accordion.Control>Advanced: fills, costs, sizing, labels</Accordion.Control>
            <Accordion.Panel>
              <AdvancedFields form={form} options={options} />
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      </Stack>
      <aside className={classes.side}>
        <RunSummaryCard fields={form.values}>
          {starting.error && (
            <Alert color="red" variant="light" title="The backtest did not start" role="alert">
              {failureText(starting.error).message}
            </Alert>
          )}
          {runId ? (
            <RunProgress runId={runId} onAgain={() => setRunId(null)} />
          ) : (
            <Button
              type="submit"
              size="sm"
              fullWidth
              leftSection={<Play size={15} />}
              loading={starting.isPending}
            >
              Run backtest
            </Button>
          )}
        </RunSummaryCard>
      </aside>
    </form>
  )
}

import { Button, SegmentedControl, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Plus, ShieldCheck } from "lucide-react"
import { useState } from "react"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { type Money, type RiskRule, riskRulesQuery, riskStateQuery, riskTypesQuery } from "@/lib/queries/risk"
import { Evaluations } from "./evaluations"
import { Gauges } from "./gauges"
import { Rehearsal } from "./rehearsal"
import { RuleForm } from "./rule-form"
import { RulesList } from "./rules-list"
import { Standing } from "./standing"

/** Risk rules: how each limit stands, the rules themselves, and what they said of every order. */
export function RiskPage() {
  const [money, setMoney] = useState<Money | undefined>()
  const state = useQuery(riskStateQuery(money))
  const rules = useQuery(riskRulesQuery)
  const types = useQuery(riskTypesQuery)
  const [edited, setEdited] = useState<RiskRule | null>(null)
  const [isNew, setNew] = useState(false)
  const shown = money ?? state.data?.money ?? "paper"
  const close = () => {
    setEdited(null)
    setNew(false)
  }
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setNew(true)}>
      New rule
    </Button>
  )
  return (
    <>
      <PageHeader title="Risk" action={add} />
      <Stack gap="md">
        <SegmentedControl
          aria-label="Money"
          w="fit-content"
          data={[
            { value: "paper", label: "Paper" },
            { value: "live", label: "Live" },
            { value: "candles", label: "Filled by candles" },
          ]}
          value={shown}
          onChange={(value) => setMoney(value as Money)}
        />
        {state.error && !state.data ? (
          <ErrorState error={state.error} what="Your risk" retry={() => void state.refetch()} />
        ) : !state.data ? (
          <Skeleton height={180} />
        ) : (
          <>
            <Standing state={state.data} />
            {state.data.rules.length > 0 && (
              <Section title="Limits" note="The line is at 80 %: near its limit a rule tells you once a day">
                <Gauges outcomes={state.data.rules} />
              </Section>
            )}
          </>
        )}
        <Section title="Rules" note="Exits are never refused by a rule" flush>
          {rules.error && !rules.data ? (
            <ErrorState error={rules.error} what="Your rules" retry={() => void rules.refetch()} />
          ) : !rules.data ? (
            <Skeleton height={120} m="md" w="auto" />
          ) : rules.data.length === 0 ? (
            <EmptyState icon={<ShieldCheck size={30} />} title="No rules yet" action={add}>
              A rule judges every order that opens or enlarges a position, on every path: portfolios, workers,
              triggers and orders by hand. A daily loss limit is a good first one.
            </EmptyState>
          ) : (
            <RulesList rules={rules.data} types={types.data ?? []} onEdit={setEdited} />
          )}
        </Section>
        <Rehearsal money={shown === "candles" ? "paper" : shown} />
        <Evaluations />
      </Stack>
      {(isNew || edited) && types.data && (
        <RuleForm
          types={types.data}
          rule={edited}
          money={shown === "candles" ? "paper" : shown}
          onClose={close}
        />
      )}
    </>
  )
}

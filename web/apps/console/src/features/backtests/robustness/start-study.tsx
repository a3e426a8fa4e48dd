import { Button, Group, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { Run } from "@tradertape/api/backtest.ts"
import { type ReactNode, useState } from "react"
import { Section } from "@/components/page/section"
import { notifyFailure } from "@/lib/notify"
import { type NewStudy, studiesQuery, studyCalls } from "@/lib/queries/studies"
import classes from "./robustness.module.css"
import { VaryDialog, type VaryingKind } from "./vary-dialog"

const ONE_CLICK = [
  {
    kind: "monte_carlo",
    title: "Monte Carlo",
    text: "Draws the days of the run in blocks, a thousand times. How different could the result have been?",
  },
  {
    kind: "lookahead",
    title: "Look-ahead check",
    text: "Removes later data at several dates and repeats the decisions. They must not change.",
  },
  {
    kind: "recursive",
    title: "Warm-up check",
    text: "Starts with less history. How much do the indicators need?",
  },
] as const

const VARYING = [
  {
    kind: "sweep",
    title: "Parameter sweep",
    text: "Runs every combination of values. A single good cell among bad ones suggests overfitting.",
  },
  {
    kind: "search",
    title: "Parameter search",
    text: "Samples the most promising values, for ranges too wide for a sweep.",
  },
  {
    kind: "walk_forward",
    title: "Walk-forward",
    text: "Optimises values on some years and tests them on the following years.",
  },
] as const

/** The kinds of studies, each with the question it answers. */
export function StartStudy({ run }: { run: Run }) {
  const client = useQueryClient()
  const [dialog, setDialog] = useState<VaryingKind | null>(null)
  const starting = useMutation({
    mutationFn: (study: NewStudy) => studyCalls.start(study),
    onSuccess: () => {
      setDialog(null)
      return client.invalidateQueries({ queryKey: studiesQuery(run.run_id).queryKey })
    },
    onError: (error) => notifyFailure("The study did not start", error),
  })
  return (
    <Section title="Start a study">
      <div className={classes.kinds}>
        {ONE_CLICK.map(({ kind, title, text }) => (
          <Kind key={kind} title={title} text={text}>
            <Button
              variant="default"
              loading={starting.isPending && starting.variables.kind === kind}
              onClick={() => starting.mutate({ kind, run_id: run.run_id })}
            >
              Start
            </Button>
          </Kind>
        ))}
        {VARYING.map(({ kind, title, text }) => (
          <Kind key={kind} title={title} text={text}>
            <Button variant="default" onClick={() => setDialog(kind)}>
              Set up…
            </Button>
          </Kind>
        ))}
      </div>
      {dialog && (
        <VaryDialog
          run={run}
          kind={dialog}
          isBusy={starting.isPending}
          onStart={(study) => starting.mutate(study)}
          onClose={() => setDialog(null)}
        />
      )}
    </Section>
  )
}

function Kind({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <div className={classes.kind}>
      <Text size="sm" fw={550}>
        {title}
      </Text>
      <Text size="xs" c="dimmed" style={{ flex: 1 }}>
        {text}
      </Text>
      <Group>{children}</Group>
    </div>
  )
}

import { Text } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { verdictOf } from "../../shared/verdict"

/** What the result amounts to, in a sentence; and that its prices are simulated, if they are. */
export function VerdictLine({ run }: { run: Run }) {
  const { text } = verdictOf(run.summary, String(run.config.benchmark ?? "the benchmark"))
  return (
    <Text size="md" mb="md" role="note" aria-label="Verdict" style={{ textWrap: "pretty" }}>
      <strong>{text}</strong>
      {run.simulated && (
        <span className="tt-warn"> On simulated prices, which say nothing about a real market.</span>
      )}
    </Text>
  )
}

import { Button, Group, Text, TextInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { discreet, instant, money, percent } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { Failure } from "@/components/states/failure"
import { type RiskHalt, type RiskState, riskCalls } from "@/lib/queries/risk"
import classes from "./risk.module.css"

const rupees = (value: number | null) => (value === null ? "–" : money(value))
const WORDS: Record<string, string> = {
  active: "Entries are accepted",
  reducing: "Exits alone are accepted",
  halted: "The kill switch is on",
}

const MONEY: Record<RiskState["money"], string> = {
  paper: "paper money",
  live: "live money",
  candles: "paper portfolios that candles fill, at their last close",
}

/** The day in figures, and what is halted. */
export function Standing({ state }: { state: RiskState }) {
  const { today, exposure, positions, capital } = state
  const figures: [string, string][] = [
    ["State", WORDS[state.trading_state] ?? state.trading_state],
    ["Today", rupees(today.pnl)],
    ["Realised", rupees(today.realised_pnl)],
    ["Open", rupees(today.unrealised_pnl)],
    ["Orders · trades · refused", `${today.orders} · ${today.trades} · ${today.rejections}`],
    ["Positions", positions.max === null ? String(positions.open) : `${positions.open} of ${positions.max}`],
    [
      "Exposure",
      `${rupees(exposure.gross)} ${exposure.pct_of_capital === null ? "" : `(${percent(exposure.pct_of_capital)})`}`,
    ],
    ["Equity", rupees(capital.equity)],
    ["Below the peak", capital.drawdown_pct === null ? "–" : percent(capital.drawdown_pct, 2)],
  ]
  return (
    <Section title="Today" note={`As of ${instant(state.as_of)} · ${MONEY[state.money]}`}>
      <dl className={classes.figures}>
        {figures.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {state.halts.map((halt) => (
        <Halt key={halt.id} halt={halt} />
      ))}
    </Section>
  )
}

function Halt({ halt }: { halt: RiskHalt }) {
  const client = useQueryClient()
  const [word, setWord] = useState("")
  const releasing = useMutation({
    mutationFn: () => riskCalls.releaseHalt(halt.id),
    onSettled: () => client.invalidateQueries({ queryKey: ["risk"] }),
  })
  return (
    <div role="status">
      <Text mt="md" fw={550} c="red">
        {discreet(halt.message)}
      </Text>
      <Text size="sm" c="dimmed">
        Since {instant(halt.since)}, {halt.until ? `until ${instant(halt.until)}` : "until it is released"}. A
        rule that is still broken halts again at once.
      </Text>
      <Failure error={releasing.error} />
      <Group mt={6} gap={8} align="flex-end">
        <TextInput
          label="Type RELEASE to accept new positions"
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
        <Button
          variant="default"
          loading={releasing.isPending}
          disabled={word.trim() !== "RELEASE"}
          onClick={() => releasing.mutate()}
        >
          Release
        </Button>
      </Group>
    </div>
  )
}

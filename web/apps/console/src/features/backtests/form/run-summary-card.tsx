import { Stack, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { date, marketText, number } from "@tradertape/ui/format.ts"
import type { ReactNode } from "react"
import { Section } from "@/components/page/section"
import { strategyQuery } from "@/lib/queries/strategies"
import { fillWords } from "../shared/fill-models"
import { type Fields, roughTradingDays } from "./defaults"

interface Props {
  fields: Fields
  children: ReactNode
}

/** A summary of the configured backtest, above its start button. */
export function RunSummaryCard({ fields, children }: Props) {
  const { strategy_id, start_date, end_date } = fields
  const strategy = useQuery({ ...strategyQuery(strategy_id ?? 0), enabled: strategy_id !== null })
  const days = roughTradingDays(start_date, end_date)
  return (
    <Section title="This backtest">
      <Stack gap="sm">
        <Text size="sm">
          {strategy.data ? <b>{strategy.data.name}. </b> : null}
          {marketText(strategy.data?.english.summary ?? "Choose a strategy to see what it does.")}
        </Text>
        <Text size="xs" c="dimmed">
          {date(start_date)} to {date(end_date)}, about {number(days)} trading days,{" "}
          {fillWords(fields.fill_model)}. Most runs take a few seconds.
        </Text>
        {children}
      </Stack>
    </Section>
  )
}

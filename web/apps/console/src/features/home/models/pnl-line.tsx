import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { moneyShort } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import type { Overview } from "@/lib/queries/models"

/** Profit and loss of all portfolios day by day, of real money and of paper apart. */
export default function PnlLine({ page }: { page: Overview }) {
  const tokens = useTokens()
  const { by_money } = page
  const isAlone = by_money.length === 1
  const curves = useMemo(
    () =>
      by_money.map(({ money, days }) => ({
        label: isAlone ? "Total profit and loss" : money === "live" ? "Live" : "Paper",
        color: isAlone ? tokens.accent : money === "live" ? tokens.accent : tokens.muted,
        points: days.map(({ date, total_pnl }) => ({ date, value: total_pnl })),
      })),
    [by_money, isAlone, tokens],
  )
  return (
    <ChartSection
      title="Profit and loss"
      note={isAlone ? "All portfolios together, at each close" : "At each close: real money, and paper"}
      file="profit-and-loss"
      rows={() => by_money.flatMap(({ money, days }) => days.map((day) => ({ money, ...day })))}
    >
      <CurvesChart
        curves={curves}
        height={220}
        format={moneyShort}
        label="Profit and loss of all portfolios by day"
      />
    </ChartSection>
  )
}

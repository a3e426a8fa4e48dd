import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { moneyShort } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import type { Overview } from "@/lib/queries/models"

/** Profit and loss of all portfolios together, day by day. */
export default function PnlLine({ page }: { page: Overview }) {
  const tokens = useTokens()
  const { days } = page
  const curves = useMemo(
    () => [
      {
        label: "Total profit and loss",
        color: tokens.accent,
        points: days.map(({ date, total_pnl }) => ({ date, value: total_pnl })),
      },
    ],
    [days, tokens],
  )
  return (
    <ChartSection
      title="Profit and loss"
      note="All portfolios together, at each close"
      file="profit-and-loss"
      rows={() => days.map((day) => ({ ...day }))}
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

import { SegmentedControl } from "@mantine/core"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { moneyShort, number, percent } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import type { IChartApi } from "lightweight-charts"
import { useMemo, useRef, useState } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { usePreferences } from "@/lib/preferences"
import type { Dashboard } from "@/lib/queries/models"
import { curvesOf } from "./series"

const SCALES = [
  { value: "money", label: "₹" },
  { value: "growth", label: "Growth of 100" },
]

/** Equity against the benchmark, with the drawdown below. */
export function Equity({ page }: { page: Dashboard }) {
  const tokens = useTokens()
  const { discreet } = usePreferences()
  const [chosen, setScale] = useState("money")
  const scale = discreet ? "growth" : chosen
  const chart = useRef<IChartApi | null>(null)
  const { portfolio, equity_curve } = page
  const curves = useMemo(() => {
    const { own, benchmark } = curvesOf(equity_curve, portfolio.starting_capital, scale === "growth")
    return [
      { label: portfolio.benchmark, color: tokens.muted, points: benchmark, width: 1 as const },
      { label: "Portfolio", color: tokens.accent, points: own },
    ]
  }, [equity_curve, portfolio.benchmark, portfolio.starting_capital, tokens, scale])
  const lower = useMemo(
    () => ({
      label: "Drawdown",
      points: equity_curve.map(({ date, drawdown_pct }) => ({ date, value: drawdown_pct })),
      format: (value: number) => percent(value),
    }),
    [equity_curve],
  )
  return (
    <ChartSection
      title="Equity"
      note={`Against ${portfolio.benchmark} with the same starting capital`}
      file={`portfolio-${portfolio.id}-equity`}
      png={() => chart.current?.takeScreenshot().toDataURL()}
      rows={() => equity_curve.map((point) => ({ ...point }))}
      extra={
        !discreet && (
          <SegmentedControl size="xs" data={SCALES} value={chosen} onChange={setScale} aria-label="Scale" />
        )
      }
    >
      <CurvesChart
        curves={curves}
        lower={lower}
        height={360}
        format={scale === "growth" ? (value) => number(value, 1) : moneyShort}
        label="Equity of the portfolio and the benchmark, with drawdown"
        onReady={(ready) => {
          chart.current = ready
        }}
      />
    </ChartSection>
  )
}

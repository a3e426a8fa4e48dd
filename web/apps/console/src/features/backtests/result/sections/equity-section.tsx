import { SegmentedControl } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { moneyShort, number, percent } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import type { IChartApi } from "lightweight-charts"
import { useMemo, useRef, useState } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { usePreferences } from "@/lib/preferences"
import { rebased } from "../../shared/rebase"

const SCALES = [
  { value: "money", label: "₹" },
  { value: "growth", label: "Growth of 100" },
]

/** Equity against the benchmark, with the drawdown below. */
export function EquitySection({ run }: { run: Run }) {
  const tokens = useTokens()
  const { discreet } = usePreferences()
  const [chosen, setScale] = useState("money")
  const scale = discreet ? "growth" : chosen
  const chart = useRef<IChartApi | null>(null)
  const curves = useMemo(() => {
    const own = run.equity_curve.map(({ date, equity }) => ({ date, value: equity }))
    const index = run.equity_curve.map(({ date, benchmark }) => ({ date, value: benchmark }))
    const as = scale === "growth" ? rebased : <T,>(points: T) => points
    return [
      {
        label: String(run.config.benchmark ?? "Benchmark"),
        color: tokens.muted,
        points: as(index),
        width: 1 as const,
      },
      { label: "Strategy", color: tokens.accent, points: as(own) },
    ]
  }, [run, tokens, scale])
  const lower = useMemo(
    () => ({
      label: "Drawdown",
      points: run.equity_curve.map(({ date, drawdown }) => ({ date, value: drawdown })),
      format: (value: number) => percent(value),
    }),
    [run],
  )
  return (
    <ChartSection
      title="Equity"
      note={`Against ${String(run.config.benchmark ?? "the benchmark")} with the same starting capital`}
      file={`${run.run_id}-equity`}
      png={() => chart.current?.takeScreenshot().toDataURL()}
      rows={() => run.equity_curve.map((point) => ({ ...point }))}
      extra={
        !discreet && (
          <SegmentedControl size="xs" data={SCALES} value={chosen} onChange={setScale} aria-label="Scale" />
        )
      }
    >
      <CurvesChart
        curves={curves}
        lower={lower}
        height={400}
        format={scale === "growth" ? (value) => number(value, 1) : moneyShort}
        label="Equity of the strategy and the benchmark, with drawdown"
        onReady={(ready) => {
          chart.current = ready
        }}
      />
    </ChartSection>
  )
}

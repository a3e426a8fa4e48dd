import type { Run } from "@tradertape/api/backtest.ts"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { number } from "@tradertape/ui/format.ts"
import { curveColors, useTokens } from "@tradertape/ui/use-tokens.ts"
import type { IChartApi } from "lightweight-charts"
import { useMemo, useRef } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Section } from "@/components/page/section"
import layout from "../shared/layout.module.css"
import { rebased } from "../shared/rebase"
import { MetricTable } from "./metric-table"
import { distinctNames } from "./names"

/** Equity curves rebased to 100, and all figures in one table. */
export function Comparison({ runs }: { runs: Run[] }) {
  const tokens = useTokens()
  const chart = useRef<IChartApi | null>(null)
  const colors = useMemo(() => curveColors(tokens), [tokens])
  const names = useMemo(() => distinctNames(runs), [runs])
  const curves = useMemo(
    () =>
      runs.map((run, i) => ({
        label: names[i] ?? run.run_id,
        color: colors[i] ?? tokens.accent,
        points: rebased(run.equity_curve.map(({ date, equity }) => ({ date, value: equity }))),
      })),
    [runs, names, colors, tokens],
  )
  return (
    <div className={layout.stack}>
      <ChartSection
        title="Growth of 100"
        note="Each curve starts at 100 on its own first day"
        file="comparison"
        png={() => chart.current?.takeScreenshot().toDataURL()}
        rows={() => curves.flatMap(({ label, points }) => points.map((point) => ({ run: label, ...point })))}
      >
        <CurvesChart
          curves={curves}
          height={400}
          format={(value) => number(value, 1)}
          label="Equity curves of the compared runs"
          onReady={(ready) => {
            chart.current = ready
          }}
        />
      </ChartSection>
      <Section title="Figures" note="The best of each row is marked." flush>
        <MetricTable runs={runs} names={names} colors={colors} />
      </Section>
    </div>
  )
}

import { Alert } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { date, number } from "@tradertape/ui/format.ts"
import { curveColors, useTokens } from "@tradertape/ui/use-tokens.ts"
import type { IChartApi } from "lightweight-charts"
import { useMemo, useRef } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Section } from "@/components/page/section"
import layout from "../shared/layout.module.css"
import { commonPeriod, type Line, linesOf, type Period } from "./common-period"
import { DifferenceTable } from "./difference-table"
import { MetricTable } from "./metric-table"
import { distinctNames } from "./names"
import { PeriodTable } from "./period-table"

/** The runs on their common period beside the benchmark, what differs between them, and all their figures. */
export function Comparison({ runs }: { runs: Run[] }) {
  const tokens = useTokens()
  const colors = useMemo(() => curveColors(tokens), [tokens])
  const names = useMemo(() => distinctNames(runs), [runs])
  const period = useMemo(() => commonPeriod(runs), [runs])
  const lines = useMemo(() => (period ? linesOf(runs, names, period) : []), [runs, names, period])
  const lineColors = useMemo(
    () => lines.map(({ isBenchmark }, i) => (isBenchmark ? tokens.muted : (colors[i] ?? tokens.accent))),
    [lines, colors, tokens],
  )
  return (
    <div className={layout.stack}>
      {period ? (
        <Common period={period} lines={lines} colors={lineColors} />
      ) : (
        <Alert color="yellow" title="These runs have no day in common">
          Their figures are listed below, each over its own period. Run one of them again on the other's
          period to compare them.
        </Alert>
      )}
      <Section title="What differs" note="Rules first, then settings." flush>
        <DifferenceTable runs={runs} names={names} />
      </Section>
      <Section
        title="All figures"
        note={
          period?.isWhole
            ? "The best of each row is marked."
            : "Each over the whole period of its run. The periods differ, so none is marked as the best."
        }
        flush
      >
        <MetricTable runs={runs} names={names} colors={colors} marksBest={period?.isWhole ?? false} />
      </Section>
    </div>
  )
}

interface CommonProps {
  period: Period
  lines: Line[]
  colors: string[]
}

function Common({ period, lines, colors }: CommonProps) {
  const chart = useRef<IChartApi | null>(null)
  const curves = useMemo(
    () =>
      lines.map(({ label, points, isBenchmark }, i) => ({
        label,
        points,
        color: colors[i] ?? "",
        ...(isBenchmark && { dashed: true, width: 1 as const }),
      })),
    [lines, colors],
  )
  const days = `${date(period.from)} to ${date(period.to)}`
  return (
    <ChartSection
      title="Growth of 100"
      note={period.isWhole ? `All runs cover ${days}.` : `On the days that all runs cover: ${days}.`}
      file="comparison"
      png={() => chart.current?.takeScreenshot().toDataURL()}
      rows={() => curves.flatMap(({ label, points }) => points.map((point) => ({ run: label, ...point })))}
    >
      <CurvesChart
        curves={curves}
        height={400}
        format={(value) => number(value, 1)}
        label="Equity curves of the compared runs and the benchmark"
        onReady={(ready) => {
          chart.current = ready
        }}
      />
      <PeriodTable lines={lines} colors={colors} />
    </ChartSection>
  )
}

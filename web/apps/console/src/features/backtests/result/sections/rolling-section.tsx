import { SegmentedControl } from "@mantine/core"
import type { RollingPoint, Run } from "@tradertape/api/backtest.ts"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { number, percent } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo, useState } from "react"
import { ChartSection } from "@/components/page/chart-section"

type Measure = "sharpe" | "volatility" | "beta"

const MEASURES = [
  { value: "sharpe", label: "Sharpe" },
  { value: "volatility", label: "Volatility" },
  { value: "beta", label: "Beta" },
]

function isMeasure(value: string): value is Measure {
  return MEASURES.some((one) => one.value === value)
}

/** Sharpe, volatility and beta over a rolling window. */
export function RollingSection({ run }: { run: Run }) {
  const tokens = useTokens()
  const [measure, setMeasure] = useState<Measure>("sharpe")
  const { rows, window_days } = run.rolling
  const curves = useMemo(
    () => [
      {
        label: MEASURES.find(({ value }) => value === measure)?.label ?? "",
        color: tokens.accent,
        points: rows.map((row: RollingPoint) => ({ date: row.date, value: row[measure] })),
      },
    ],
    [rows, measure, tokens],
  )
  if (rows.length === 0) return null
  return (
    <ChartSection
      title={`Rolling ${window_days} trading days`}
      file={`${run.run_id}-rolling`}
      rows={() => rows.map((row) => ({ ...row }))}
      extra={
        <SegmentedControl
          data={MEASURES}
          value={measure}
          onChange={(value) => isMeasure(value) && setMeasure(value)}
          aria-label="Measure"
        />
      }
    >
      <CurvesChart
        curves={curves}
        height={260}
        format={measure === "volatility" ? (value) => percent(value) : (value) => number(value, 2)}
        label={`Rolling ${measure}`}
      />
    </ChartSection>
  )
}

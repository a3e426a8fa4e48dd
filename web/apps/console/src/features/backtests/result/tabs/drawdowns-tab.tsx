import type { Drawdown, Run } from "@tradertape/api/backtest.ts"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, number, percent } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Section } from "@/components/page/section"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import layout from "../../shared/layout.module.css"

const COLUMNS: Column<Drawdown>[] = [
  { id: "start", header: "Peak", isText: true, value: (d) => d.start, cell: (d) => date(d.start) },
  { id: "trough", header: "Trough", isText: true, value: (d) => d.trough, cell: (d) => date(d.trough) },
  {
    id: "end",
    header: "Recovered",
    isText: true,
    value: (d) => d.end,
    cell: (d) => (d.end ? date(d.end) : "not recovered"),
  },
  {
    id: "depth",
    header: "Depth",
    value: (d) => d.depth,
    cell: (d) => <Delta value={d.depth} decimals={2} />,
  },
  { id: "days", header: "Days", value: (d) => d.days, cell: (d) => number(d.days) },
  {
    id: "recovery",
    header: "Days to recover",
    value: (d) => d.recovery_days,
    cell: (d) => number(d.recovery_days),
  },
]

export default function DrawdownsTab({ run }: { run: Run }) {
  const tokens = useTokens()
  const curves = useMemo(
    () => [
      {
        label: "Below the previous high",
        color: tokens.loss,
        points: run.equity_curve.map(({ date: day, drawdown }) => ({ date: day, value: drawdown })),
        width: 1 as const,
      },
    ],
    [run, tokens],
  )
  return (
    <div className={layout.stack}>
      <ChartSection
        title="Underwater curve"
        note="Equity below its previous high"
        file={`${run.run_id}-drawdown`}
        rows={() => run.equity_curve.map(({ date: day, drawdown }) => ({ date: day, drawdown }))}
      >
        <CurvesChart
          curves={curves}
          height={280}
          format={(value) => percent(value)}
          label="Drawdown over time"
        />
      </ChartSection>
      <Section title="Deepest drawdowns" flush>
        <DataTable
          label="Drawdowns"
          rows={run.drawdowns}
          columns={COLUMNS}
          rowKey={(d) => d.start}
          minWidth={640}
        />
      </Section>
    </div>
  )
}

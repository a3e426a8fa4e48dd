import type { Run } from "@tradertape/api/backtest.ts"
import { count, number, signedPercent } from "@tradertape/ui/format.ts"
import { useMemo } from "react"
import { Bars } from "@/components/charts/bars"
import { Section } from "@/components/page/section"
import layout from "../../shared/layout.module.css"
import { GroupTable } from "../sections/group-table"
import { histogram } from "../sections/histogram"
import { MonthlyHeat } from "../sections/monthly-heat"
import { RollingSection } from "../sections/rolling-section"

const asPercent = (value: number) => signedPercent(value, 1)
const asCount = (value: number) => number(value)
const yearName = (row: { year: number }) => String(row.year)
const weekdayName = (row: { weekday: string }) => row.weekday
const symbolName = (row: { symbol: string }) => row.symbol

export default function ReturnsTab({ run }: { run: Run }) {
  const years = useMemo(
    () =>
      run.yearly_returns.map((row) => ({
        label: String(row.year),
        value: row.return,
        comparison: row.benchmark,
      })),
    [run],
  )
  const bins = useMemo(
    () =>
      histogram(run.trades.flatMap(({ return_pct }) => (return_pct === null ? [] : [return_pct]))).map(
        (bin) => ({
          label: number(bin.from, 0),
          value: bin.count,
          note: `${signedPercent(bin.from, 1)} to ${signedPercent(bin.to, 1)}`,
        }),
      ),
    [run],
  )
  return (
    <div className={layout.stack}>
      <MonthlyHeat run={run} />
      <div className={layout.two}>
        <Bars
          title="Yearly returns"
          note={`Compared with ${String(run.config.benchmark ?? "the benchmark")}, in grey`}
          comparisonLabel={String(run.config.benchmark ?? "Benchmark")}
          file={`${run.run_id}-years`}
          bars={years}
          format={asPercent}
          tone="sign"
          unit="%"
        />
        <Bars
          title="Distribution of trade returns"
          note={`${count(run.trades.length, "closed trade")}, by return in %`}
          file={`${run.run_id}-distribution`}
          bars={bins}
          format={asCount}
          tone="plain"
          unit="trades"
        />
      </div>
      <RollingSection run={run} />
      <div className={layout.two}>
        <Section title="By year of exit" flush>
          <GroupTable label="Years" head="Year" rows={run.by_year} name={yearName} />
        </Section>
        <Section title="By weekday of entry" flush>
          <GroupTable label="Weekdays" head="Weekday" rows={run.by_weekday} name={weekdayName} />
        </Section>
      </div>
      <Section title="By stock" flush>
        <GroupTable label="Stocks" head="Stock" rows={run.by_symbol} name={symbolName} maxHeight={480} />
      </Section>
    </div>
  )
}

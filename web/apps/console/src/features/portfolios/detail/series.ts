/** A portfolio's stored days as charts draw them. */
import type { HeatRow } from "@/components/charts/heat"
import type { Dashboard } from "@/lib/queries/models"

type Curve = Dashboard["equity_curve"]

/** The equity, and the benchmark from the same start: in rupees, or as growth of 100. */
export function curvesOf(curve: Curve, starting: number, asGrowth: boolean) {
  const scale = asGrowth ? 100 / starting : 1
  return {
    own: curve.map(({ date, equity }) => ({ date, value: equity * scale })),
    benchmark: curve.map(({ date, benchmark }) => ({
      date,
      value: benchmark === null ? null : (benchmark / 100) * starting * scale,
    })),
  }
}

/** What each day brought, in rupees; the first day against the starting capital. */
export function dailyPnl(curve: Curve, starting: number): { date: string; pnl: number }[] {
  return curve.map(({ date, equity }, i) => ({ date, pnl: equity - (curve[i - 1]?.equity ?? starting) }))
}

/** The days of the last year that has any, for a calendar. */
export function lastYear<T extends { date: string }>(days: readonly T[]): T[] {
  const last = days.at(-1)?.date
  if (!last) return []
  const from = `${Number(last.slice(0, 4)) - 1}${last.slice(4)}`
  return days.filter(({ date }) => date > from)
}

/** One row of twelve months for each year; a year's return compounds those of its months. */
export function monthRows(months: Dashboard["monthly_returns"], over: boolean): HeatRow[] {
  const rows = new Map<number, HeatRow>()
  for (const { month, return_pct, benchmark_pct } of months) {
    const year = Number(month.slice(0, 4))
    const row = rows.get(year) ?? { year, months: Array.from({ length: 12 }, () => null), whole: null }
    rows.set(year, row)
    const value = over ? (benchmark_pct === null ? null : return_pct - benchmark_pct) : return_pct
    row.months[Number(month.slice(5, 7)) - 1] = value
  }
  return [...rows.values()].map((row) => ({ ...row, whole: compounded(row.year, months, over) }))
}

function compounded(year: number, months: Dashboard["monthly_returns"], over: boolean): number | null {
  const own = months.filter(({ month }) => month.startsWith(String(year)))
  const grown = (values: readonly number[]) =>
    (values.reduce((product, value) => product * (1 + value / 100), 1) - 1) * 100
  const whole = grown(own.map(({ return_pct }) => return_pct))
  if (!over) return whole
  const benchmark = own.flatMap(({ benchmark_pct }) => benchmark_pct ?? [])
  return benchmark.length < own.length ? null : whole - grown(benchmark)
}

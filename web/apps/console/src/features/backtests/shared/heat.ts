/** The monthly heat map: one row of twelve cells per year. */
import type { MonthlyReturn, YearlyReturn } from "@tradertape/api/backtest.ts"
import type { HeatRow } from "@/components/charts/heat"

export type Against = "own" | "excess"

function shown(row: { return: number | null; benchmark: number | null }, against: Against): number | null {
  if (against === "own") return row.return
  return row.benchmark === null || row.return === null ? null : row.return - row.benchmark
}

/** One row per year, oldest first; months outside the run are null. */
export function heatRows(
  monthly: readonly MonthlyReturn[],
  yearly: readonly YearlyReturn[],
  against: Against,
): HeatRow[] {
  return yearly.map((year) => {
    const months: (number | null)[] = Array.from({ length: 12 }, () => null)
    for (const row of monthly) {
      if (row.year === year.year) months[row.month - 1] = shown(row, against)
    }
    return { year: year.year, months, whole: shown(year, against) }
  })
}

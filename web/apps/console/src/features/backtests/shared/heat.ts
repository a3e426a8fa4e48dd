/** The monthly heat map: one row of twelve cells per year, and the colour intensity of a cell. */
import type { MonthlyReturn, YearlyReturn } from "@tradertape/api/backtest.ts"

export interface HeatRow {
  year: number
  months: (number | null)[]
  whole: number | null
}

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

/** The return with full colour: the 90th percentile of absolute monthly returns, at least 1%. */
export function fullStrength(values: readonly (number | null)[]): number {
  const sizes = values
    .filter((value) => value !== null)
    .map(Math.abs)
    .sort((a, b) => a - b)
  const at = Math.min(sizes.length - 1, Math.floor(sizes.length * 0.9))
  return Math.max(1, sizes[at] ?? 1)
}

/** Opacity of a cell, 0 to 0.75, proportional to the square root so that small returns remain visible. */
export function strength(value: number | null, full: number): number {
  if (value === null || value === 0) return 0
  return Math.min(1, Math.sqrt(Math.abs(value) / full)) * 0.6
}

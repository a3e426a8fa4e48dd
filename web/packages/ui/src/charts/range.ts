/** Ranges of time that a chart can be set to. */

export interface Range {
  label: string
  /** Months back from the last day; null: everything. */
  months: number | null
}

const RANGES: Range[] = [
  { label: "6M", months: 6 },
  { label: "1Y", months: 12 },
  { label: "3Y", months: 36 },
  { label: "5Y", months: 60 },
]
export const WHOLE: Range = { label: "All", months: null }

/** The ranges that are shorter than the curve, and the whole of it. */
export function rangesWithin(first: string | undefined, last: string | undefined): Range[] {
  if (!first || !last) return [WHOLE]
  return [...RANGES.filter(({ months }) => startOf(last, months ?? 0) > first), WHOLE]
}

/** The day a number of months before another: "2026-08-31" and 6 → "2026-02-28". */
export function startOf(last: string, months: number): string {
  const [year = 0, month = 1, day = 1] = last.split("-").map(Number)
  const end = new Date(Date.UTC(year, month - months, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 - months, Math.min(day, end))).toISOString().slice(0, 10)
}

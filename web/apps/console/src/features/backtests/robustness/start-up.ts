/** The start-up check as a table: an indicator in each row, a number of bars in each column. */
import type { StartUpRow } from "@/lib/queries/studies"

export interface StartUpTable {
  bars: number[]
  lines: { indicator: string; cells: (StartUpRow | undefined)[] }[]
}

/** A difference that can turn a rule round. */
export const NOTICEABLE_PCT = 1

export function startUpTable(rows: StartUpRow[]): StartUpTable {
  const bars = [...new Set(rows.map((row) => row.start_up_bars))].sort((a, b) => a - b)
  const names = [...new Set(rows.map((row) => row.indicator))]
  const lines = names.map((indicator) => ({
    indicator,
    cells: bars.map((n) => rows.find((row) => row.indicator === indicator && row.start_up_bars === n)),
  }))
  return { bars, lines }
}

/** Whether a value is there and close to the one with all the history. */
export function isSettled(cell: StartUpRow | undefined): boolean {
  return cell !== undefined && cell.undefined === 0 && (cell.max_difference_pct ?? 0) < NOTICEABLE_PCT
}

/** The fewest bars from which on every indicator is settled, null where none of those tried is enough. */
export function barsNeeded({ bars, lines }: StartUpTable): number | null {
  const at = bars.findIndex((_n, i) => lines.every(({ cells }) => cells.slice(i).every(isSettled)))
  return bars[at] ?? null
}

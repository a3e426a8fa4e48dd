/** The start-up check as a table: one row per indicator, one column per number of bars. */
import type { StartUpRow } from "@/lib/queries/studies"

export interface StartUpTable {
  bars: number[]
  lines: { indicator: string; cells: (StartUpRow | undefined)[] }[]
}

/** A difference large enough to change a decision, in percent. */
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

/** Whether a value exists and is close to the one with full history. */
export function isSettled(cell: StartUpRow | undefined): boolean {
  return cell !== undefined && cell.undefined === 0 && (cell.max_difference_pct ?? 0) < NOTICEABLE_PCT
}

/** The smallest tested number of bars at which every indicator is settled; null if none is. */
export function barsNeeded({ bars, lines }: StartUpTable): number | null {
  const at = bars.findIndex((_n, i) => lines.every(({ cells }) => cells.slice(i).every(isSettled)))
  return bars[at] ?? null
}

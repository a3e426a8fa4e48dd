import type { Trade } from "@tradertape/api/backtest.ts"

const DAY_MS = 86_400_000

function shifted(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** The dates whose candles show a trade with room on both sides: a third of its length, 45 days at least. */
export function candleRange(
  trade: Pick<Trade, "entry_date" | "exit_date">,
  last: string,
): { start: string; end: string } {
  const exit = trade.exit_date ?? last
  const length = (Date.parse(exit) - Date.parse(trade.entry_date)) / DAY_MS
  const room = Math.max(45, Math.round(length / 3))
  return { start: shifted(trade.entry_date, -room), end: shifted(exit, room) }
}

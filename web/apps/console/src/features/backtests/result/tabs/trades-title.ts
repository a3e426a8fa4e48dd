import type { Run } from "@tradertape/api/backtest.ts"
import { count, number } from "@tradertape/ui/format.ts"

/** "702 closed trades and 8 open", with the number shown if a filter hides some. */
export function tradesTitle(run: Pick<Run, "trades" | "open_positions">, shown: number): string {
  const { length: closed } = run.trades
  const { length: open } = run.open_positions
  const all = `${count(closed, "closed trade")}${open > 0 ? ` and ${number(open)} open` : ""}`
  return shown === closed + open ? all : `${number(shown)} of ${all}`
}

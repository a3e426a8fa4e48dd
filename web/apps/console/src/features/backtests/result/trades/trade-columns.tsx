import type { Trade } from "@tradertape/api/backtest.ts"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, number, price, quantity, words } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/table/column"

/** The name of an exit rule as a person would write it: "Back at average" for back_at_average. */
export function ruleName(rule: string): string {
  const text = rule.replaceAll("_", " ").trim()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** "Stop", or the name of the exit rule. */
export function exitLabel(trade: Pick<Trade, "exit_rule" | "exit_reason">): string {
  return trade.exit_rule ? ruleName(trade.exit_rule) : words(trade.exit_reason)
}

export function tradeColumns(): Column<Trade>[] {
  return [
    {
      id: "symbol",
      header: "Stock",
      isText: true,
      value: (t) => t.symbol,
      cell: (t) => <b style={{ fontWeight: 550 }}>{t.symbol}</b>,
    },
    {
      id: "entry_date",
      header: "Entry",
      isText: true,
      value: (t) => t.entry_date,
      cell: (t) => date(t.entry_date),
    },
    {
      id: "entry_price",
      header: "Price (₹)",
      value: (t) => t.entry_price,
      cell: (t) => price(t.entry_price),
    },
    {
      id: "exit_date",
      header: "Exit",
      isText: true,
      value: (t) => t.exit_date,
      cell: (t) => (t.exit_date ? date(t.exit_date) : "open"),
    },
    {
      id: "exit_price",
      header: "Price (₹)",
      value: (t) => t.exit_price,
      cell: (t) => price(t.exit_price),
    },
    { id: "quantity", header: "Shares", value: (t) => t.quantity, cell: (t) => quantity(t.quantity) },
    {
      id: "invested",
      header: "Invested (₹)",
      value: (t) => t.invested,
      cell: (t) => <Amount value={t.invested} decimals={0} />,
    },
    {
      id: "net_pnl",
      header: "Net P&L (₹)",
      value: (t) => t.net_pnl,
      cell: (t) => <Delta kind="money" value={t.net_pnl} />,
    },
    {
      id: "return_pct",
      header: "Return",
      value: (t) => t.return_pct,
      cell: (t) => <Delta value={t.return_pct} decimals={2} />,
    },
    { id: "r_multiple", header: "R", value: (t) => t.r_multiple, cell: (t) => number(t.r_multiple, 2) },
    { id: "bars_held", header: "Days", value: (t) => t.bars_held, cell: (t) => number(t.bars_held) },
    { id: "conviction", header: "Conv.", value: (t) => t.conviction, cell: (t) => number(t.conviction) },
    { id: "exit_reason", header: "Exit reason", isText: true, value: exitLabel, cell: exitLabel },
  ]
}

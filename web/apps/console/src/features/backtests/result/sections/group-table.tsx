import type { Group } from "@tradertape/api/backtest.ts"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { number, percent } from "@tradertape/ui/format.ts"
import { useMemo } from "react"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"

interface Props<T extends Group> {
  label: string
  head: string
  rows: T[]
  name: (row: T) => string
  maxHeight?: number
}

/** Trades aggregated by group: sector, stock or exit. */
export function GroupTable<T extends Group>({ label, head, rows, name, maxHeight = 420 }: Props<T>) {
  const columns = useMemo<Column<T>[]>(
    () => [
      { id: "name", header: head, isText: true, value: name, cell: name },
      { id: "trades", header: "Trades", value: (r) => r.trades, cell: (r) => number(r.trades) },
      { id: "win_rate", header: "Wins", value: (r) => r.win_rate, cell: (r) => percent(r.win_rate, 0) },
      {
        id: "avg_return_pct",
        header: "Avg return",
        value: (r) => r.avg_return_pct,
        cell: (r) => <Delta value={r.avg_return_pct} decimals={2} />,
      },
      {
        id: "net_pnl",
        header: "Net P&L (₹)",
        value: (r) => r.net_pnl,
        cell: (r) => <Delta kind="money" value={r.net_pnl} />,
      },
      {
        id: "avg_bars_held",
        header: "Days",
        value: (r) => r.avg_bars_held,
        cell: (r) => number(r.avg_bars_held, 1),
      },
    ],
    [head, name],
  )
  return (
    <DataTable
      label={label}
      rows={rows}
      columns={columns}
      rowKey={name}
      maxHeight={maxHeight}
      minWidth={540}
    />
  )
}

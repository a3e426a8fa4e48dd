import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { price, quantity } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/table/column"
import type { Holding } from "@/lib/queries/portfolio"
import { RowAge } from "./age-note"
import classes from "./holdings.module.css"
import { SellLink } from "./sell-link"

function quantityNote({ t1_quantity: t1, pledged_quantity: pledged }: Holding): string {
  const parts = [t1 > 0 && `${quantity(t1)} unsettled`, pledged > 0 && `${quantity(pledged)} pledged`]
  return parts.filter(Boolean).join(", ")
}

const owned = (row: Holding) => row.quantity + row.t1_quantity + row.pledged_quantity

/** The columns of holdings; title: names the broker of a row, where there are several. */
export function holdingColumns(title: ((broker: string) => string) | null): Column<Holding>[] {
  const columns: Column<Holding>[] = [
    {
      id: "symbol",
      header: "Instrument",
      isText: true,
      value: (row) => row.symbol,
      cell: (row) => (
        <>
          {row.symbol} <span className={classes.small}>{row.exchange}</span> <RowAge row={row} />
        </>
      ),
    },
    {
      id: "quantity",
      header: "Quantity",
      value: owned,
      cell: (row) => (
        <>
          {quantityNote(row) && <span className={classes.small}>{quantityNote(row)} </span>}
          {quantity(owned(row))}
        </>
      ),
    },
    {
      id: "average",
      header: "Average (₹)",
      value: (row) => row.average_price,
      cell: (row) => price(row.average_price),
    },
    {
      id: "last",
      header: "Last (₹)",
      value: (row) => row.last_price,
      cell: (row) => price(row.last_price),
    },
    {
      id: "invested",
      header: "Invested",
      value: (row) => row.invested,
      cell: (row) => <Amount value={row.invested} />,
    },
    { id: "value", header: "Value", value: (row) => row.value, cell: (row) => <Amount value={row.value} /> },
    {
      id: "pnl",
      header: "Profit",
      value: (row) => row.pnl,
      cell: (row) => <Delta kind="money" decimals={2} value={row.pnl} />,
    },
    {
      id: "pnl_pct",
      header: "Profit (%)",
      value: (row) => row.pnl_pct,
      cell: (row) => <Delta value={row.pnl_pct} decimals={2} />,
    },
    {
      id: "day",
      header: "Today (%)",
      value: (row) => row.day_change_pct,
      cell: (row) => <Delta value={row.day_change_pct} decimals={2} />,
    },
    {
      id: "sell",
      header: "",
      value: () => null,
      cell: (row) => <SellLink row={row} />,
      isSortable: false,
      isPinned: true,
    },
  ]
  if (title)
    columns.splice(1, 0, {
      id: "broker",
      header: "Broker",
      isText: true,
      value: (row) => title(row.broker),
      cell: (row) => title(row.broker),
    })
  return columns
}

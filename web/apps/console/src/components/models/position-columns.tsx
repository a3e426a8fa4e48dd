import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, number, percent, price, quantity } from "@tradertape/ui/format.ts"
import type { ModelPosition } from "@/lib/queries/models"
import type { Column } from "../table/column"
import { GuardMark, guardName } from "./guard"
import { exitText } from "./words"

type Columns = Column<ModelPosition>[]

const SYMBOL: Column<ModelPosition> = {
  id: "symbol",
  header: "Stock",
  isText: true,
  value: (row) => row.symbol,
  cell: (row) => (
    <Link
      to="/positions/$id"
      params={{ id: String(row.id) }}
      style={{ color: "var(--tt-text)", fontWeight: 550 }}
    >
      {row.symbol}
    </Link>
  ),
}

const QUANTITY: Column<ModelPosition> = {
  id: "quantity",
  header: "Qty",
  value: (row) => row.quantity,
  cell: (row) => quantity(row.quantity),
}

const PAID: Column<ModelPosition> = {
  id: "average",
  header: "Average (₹)",
  value: (row) => row.average_price,
  cell: (row) => price(row.average_price),
}

const R: Column<ModelPosition> = {
  id: "r",
  header: "R",
  value: (row) => row.r_multiple,
  cell: (row) => number(row.r_multiple, 2),
}

const BARS: Column<ModelPosition> = {
  id: "bars",
  header: "Days",
  value: (row) => row.bars_held,
  cell: (row) => number(row.bars_held),
}

/** How far the last close is above the stop, in percent of it. */
export function toStop(row: ModelPosition): number | null {
  if (row.stop_price === null || row.ltp <= 0) return null
  return ((row.ltp - row.stop_price) / row.ltp) * 100
}

/** The columns of open positions. names: of their portfolios, where a list is of several. */
export function positionColumns(names?: ReadonlyMap<number, string>): Columns {
  return [
    SYMBOL,
    ...portfolioColumn(names),
    { ...QUANTITY, value: (row) => row.open_quantity, cell: (row) => quantity(row.open_quantity) },
    PAID,
    { id: "ltp", header: "Close (₹)", value: (row) => row.ltp, cell: (row) => price(row.ltp) },
    {
      id: "value",
      header: "Value (₹)",
      value: (row) => row.market_value,
      cell: (row) => <Amount value={row.market_value} decimals={0} />,
    },
    {
      id: "pnl",
      header: "P&L (₹)",
      value: (row) => row.unrealised_pnl,
      cell: (row) => <Delta kind="money" value={row.unrealised_pnl} />,
    },
    {
      id: "pct",
      header: "P&L %",
      value: (row) => row.unrealised_pct,
      cell: (row) => <Delta value={row.unrealised_pct} decimals={2} />,
    },
    {
      id: "stop",
      header: "Stop (₹)",
      value: (row) => row.stop_price,
      cell: (row) => price(row.stop_price),
    },
    { id: "away", header: "To stop", value: toStop, cell: (row) => percent(toStop(row)) },
    {
      id: "target",
      header: "Target (₹)",
      value: (row) => row.target_price,
      cell: (row) => price(row.target_price),
    },
    {
      id: "guard",
      header: "Guarded by",
      isText: true,
      value: guardName,
      cell: (row) => <GuardMark row={row} />,
    },
    R,
    BARS,
  ]
}

/** The columns of closed positions. */
export function closedColumns(names?: ReadonlyMap<number, string>): Columns {
  return [
    SYMBOL,
    ...portfolioColumn(names),
    { id: "entered", header: "Bought", value: (row) => row.entry_date, cell: (row) => date(row.entry_date) },
    { id: "exited", header: "Sold", value: (row) => row.exit_date, cell: (row) => date(row.exit_date) },
    QUANTITY,
    PAID,
    {
      id: "exit",
      header: "Exit (₹)",
      value: (row) => row.exit_price,
      cell: (row) => price(row.exit_price),
    },
    {
      id: "net",
      header: "Net P&L (₹)",
      value: (row) => row.net_pnl,
      cell: (row) => <Delta kind="money" value={row.net_pnl} />,
    },
    R,
    BARS,
    {
      id: "reason",
      header: "Why sold",
      isText: true,
      value: (row) => row.exit_reason,
      cell: (row) => exitText(row.exit_reason),
    },
  ]
}

function portfolioColumn(names?: ReadonlyMap<number, string>): Columns {
  if (!names) return []
  return [
    {
      id: "portfolio",
      header: "Portfolio",
      isText: true,
      value: (row) => names.get(row.portfolio_id) ?? "",
      cell: (row) => names.get(row.portfolio_id) ?? "–",
    },
  ]
}

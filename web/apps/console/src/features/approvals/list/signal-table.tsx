import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { date, instant, price, quantity, words } from "@tradertape/ui/format.ts"
import { ListChecks } from "lucide-react"
import { useMemo } from "react"
import { reasonText, stageText } from "@/components/models/words"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import type { Portfolio, Signal } from "@/lib/queries/models"
import { OrderAction } from "./order-action"

interface Props {
  signals: Signal[]
  total: number
  portfolios: ReadonlyMap<number, Portfolio>
  isOver: boolean
}

/** The last word on a signal: why it failed, or what it was bought at. */
export function outcome(signal: Signal): string {
  if (signal.failure_reason) return reasonText(signal.failure_reason)
  if (signal.average_price !== null)
    return `${quantity(signal.filled_quantity)} at ${price(signal.average_price)}`
  const note = signal.actor_history.at(-1)?.note
  return typeof note === "string" ? words(note) : "–"
}

function columns(portfolios: Props["portfolios"], isOver: boolean): Column<Signal>[] {
  const name = (row: Signal) => portfolios.get(row.portfolio_id)?.name ?? ""
  const found: Column<Signal>[] = [
    {
      id: "symbol",
      header: "Stock",
      isText: true,
      value: (row) => row.symbol,
      cell: (row) => (
        <>
          <b>{row.symbol}</b> {row.side === "SELL" && (row.is_late ? "late sale" : "sale")}
        </>
      ),
    },
    {
      id: "portfolio",
      header: "Portfolio",
      isText: true,
      value: name,
      cell: (row) => (
        <Link
          to="/portfolios/$id"
          params={{ id: String(row.portfolio_id) }}
          style={{ color: "var(--tt-accent)" }}
        >
          {name(row)}
        </Link>
      ),
    },
    { id: "day", header: "Signal of", value: (row) => row.signal_date, cell: (row) => date(row.signal_date) },
    {
      id: "stage",
      header: "State",
      isText: true,
      value: (row) => row.stage,
      cell: (row) => stageText(row.stage),
    },
    { id: "quantity", header: "Qty", value: (row) => row.quantity, cell: (row) => quantity(row.quantity) },
    {
      id: "trigger",
      header: "Trigger (₹)",
      value: (row) => row.trigger_price,
      cell: (row) => price(row.trigger_price),
    },
    {
      id: "limit",
      header: "Limit (₹)",
      value: (row) => row.limit_price ?? row.ref_price,
      cell: (row) => price(row.limit_price ?? row.ref_price),
    },
    {
      id: "notional",
      header: "Amount (₹)",
      value: (row) => row.notional,
      cell: (row) => <Amount value={row.notional} decimals={0} />,
    },
  ]
  const outcomeColumns: Column<Signal>[] = isOver
    ? [
        { id: "outcome", header: "Outcome", isText: true, value: outcome, cell: outcome },
        { id: "at", header: "When", value: (row) => row.updated_at, cell: (row) => instant(row.updated_at) },
      ]
    : [
        {
          id: "placed",
          header: "Placed",
          value: (row) => row.placed_at,
          cell: (row) => instant(row.placed_at),
        },
      ]
  const action: Column<Signal> = {
    id: "action",
    header: "",
    value: () => null,
    isSortable: false,
    isPinned: true,
    cell: (row) => <OrderAction signal={row} />,
  }
  return [...found, ...outcomeColumns, action]
}

/** Signals that are decided: with an order at the market, or over. */
export function SignalTable({ signals, total, portfolios, isOver }: Props) {
  const shown = useMemo(() => columns(portfolios, isOver), [portfolios, isOver])
  const title = isOver ? "History" : "Orders at the market"
  if (signals.length === 0)
    return (
      <Section title={title}>
        <EmptyState
          icon={<ListChecks size={28} />}
          title={isOver ? "No history yet" : "No order at the market"}
        >
          {isOver
            ? "Signals that were bought, rejected, or expired appear here with the reason."
            : "What you place from the cart waits here until its price is reached or its days are over."}
        </EmptyState>
      </Section>
    )
  return (
    <Section
      title={title}
      note={total > signals.length ? `The newest ${signals.length} of ${total}` : undefined}
      flush
    >
      <DataTable
        label={title}
        rows={signals}
        columns={shown}
        rowKey={(row) => String(row.id)}
        minWidth={1080}
        maxHeight={640}
      />
    </Section>
  )
}

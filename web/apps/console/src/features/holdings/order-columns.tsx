import { Anchor, Badge } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { discreet, quantity, words } from "@tradertape/ui/format.ts"
import {
  averageColumn,
  filledColumn,
  limitColumns,
  placedColumn,
  typeColumn,
} from "@/components/orders/term-columns"
import type { Column } from "@/components/table/column"
import type { BrokerOrder } from "@/lib/queries/portfolio"
import { RowAge } from "./age-note"
import classes from "./holdings.module.css"
import { filterOf, type OrderFilter } from "./order-words"

const COLORS: Record<OrderFilter, string> = {
  all: "gray",
  open: "iris",
  complete: "green",
  cancelled: "gray",
  rejected: "red",
}

export const OrderState = ({ order }: { order: BrokerOrder }) => (
  <Badge className={classes.badge} color={COLORS[filterOf(order)]}>
    {words(order.status)}
  </Badge>
)

export function Side({ side }: { side: BrokerOrder["side"] }) {
  return (
    <span className={classes.side} data-side={side}>
      {side}
    </span>
  )
}

/** Ours, with the run that placed it, or placed elsewhere: TraderTape never changes those. */
export function Source({ order }: { order: BrokerOrder }) {
  if (order.source === "external")
    return (
      <Badge className={classes.badge} color="gray">
        External
      </Badge>
    )
  const badge = (
    <Badge className={classes.badge} color="iris">
      Ours
    </Badge>
  )
  if (!order.strategy_run_id) return badge
  return (
    <>
      {badge}{" "}
      <Anchor
        size="xs"
        underline="always"
        renderRoot={(props) => (
          <Link
            to="/workers/$id"
            params={{ id: order.strategy_run_id ?? "" }}
            search={{ tab: "timeline" }}
            {...props}
          />
        )}
      >
        {order.strategy_run_id}
      </Anchor>
    </>
  )
}

export function orderColumns(title: ((broker: string) => string) | null): Column<BrokerOrder>[] {
  const columns: Column<BrokerOrder>[] = [
    {
      id: "symbol",
      header: "Order",
      isText: true,
      value: (o) => o.symbol,
      cell: (o) => (
        <>
          <Side side={o.side} /> {quantity(o.quantity)} {o.symbol}{" "}
          <span className={classes.small}>{o.exchange}</span> <RowAge row={o} />
        </>
      ),
    },
    { id: "status", header: "State", isText: true, value: filterOf, cell: (o) => <OrderState order={o} /> },
    {
      id: "source",
      header: "Source",
      isText: true,
      value: (o) => o.source,
      cell: (o) => <Source order={o} />,
    },
    typeColumn(),
    ...limitColumns<BrokerOrder>(),
    filledColumn(),
    averageColumn(),
    placedColumn((o) => o.placed_at),
    {
      id: "message",
      header: "Message",
      isText: true,
      isSortable: false,
      value: (o) => o.status_message,
      cell: (o) => (
        <span className={classes.message} title={o.status_message ?? undefined}>
          {discreet(o.status_message)}
        </span>
      ),
    },
  ]
  if (title)
    columns.splice(1, 0, {
      id: "broker",
      header: "Broker",
      isText: true,
      value: (o) => title(o.broker),
      cell: (o) => title(o.broker),
    })
  return columns
}

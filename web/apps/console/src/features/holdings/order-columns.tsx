import { Anchor, Badge } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { moment, number, words } from "@tradertape/ui/format.ts"
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

const price = (value: number | null) => (value ? number(value, 2) : "–")

export function orderColumns(title: ((broker: string) => string) | null): Column<BrokerOrder>[] {
  const columns: Column<BrokerOrder>[] = [
    {
      id: "symbol",
      header: "Order",
      isText: true,
      value: (o) => o.symbol,
      cell: (o) => (
        <>
          <Side side={o.side} /> {number(o.quantity)} {o.symbol}{" "}
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
    {
      id: "type",
      header: "Type",
      isText: true,
      value: (o) => o.order_type,
      cell: (o) => `${o.order_type} ${o.product}${o.variety === "regular" ? "" : ` ${o.variety}`}`,
    },
    { id: "price", header: "Price (₹)", value: (o) => o.price, cell: (o) => price(o.price) },
    {
      id: "trigger",
      header: "Trigger (₹)",
      value: (o) => o.trigger_price,
      cell: (o) => price(o.trigger_price),
    },
    {
      id: "filled",
      header: "Filled",
      value: (o) => o.filled_quantity,
      cell: (o) => `${number(o.filled_quantity)} of ${number(o.quantity)}`,
    },
    {
      id: "average",
      header: "Average (₹)",
      value: (o) => o.average_price,
      cell: (o) => price(o.average_price),
    },
    {
      id: "at",
      header: "Placed (IST)",
      isText: true,
      value: (o) => o.placed_at,
      cell: (o) => moment(o.placed_at),
    },
    {
      id: "message",
      header: "Message",
      isText: true,
      isSortable: false,
      value: (o) => o.status_message,
      cell: (o) => (
        <span className={classes.message} title={o.status_message ?? undefined}>
          {o.status_message}
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

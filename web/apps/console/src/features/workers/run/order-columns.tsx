import { Badge, Button } from "@mantine/core"
import { moment, number } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/table/column"
import type { RunOrder } from "@/lib/queries/workers"
import { orderState } from "../words"
import classes from "./run.module.css"

/** Final, being cancelled or in doubt: cannot be cancelled. */
const SETTLED = new Set(["COMPLETE", "CANCELLED", "CANCELLED AMO", "REJECTED", "CANCEL PENDING", "IN_DOUBT"])
const COLORS: Record<string, string> = {
  COMPLETE: "green",
  REJECTED: "red",
  CANCELLED: "gray",
  "CANCELLED AMO": "gray",
  IN_DOUBT: "yellow",
}

const price = (value: number) => (value ? number(value, 2) : "–")

const canCancel = ({ status }: RunOrder) => !SETTLED.has(status)

interface Cancelling {
  onCancel: (order: RunOrder) => void
  /** The order that is being cancelled. */
  cancelled: string | undefined
}

const State = ({ order }: { order: RunOrder }) => (
  <Badge color={order.dry_run ? "gray" : (COLORS[order.status] ?? "iris")}>
    {orderState(order.status, order.dry_run)}
  </Badge>
)

function Side({ order }: { order: RunOrder }) {
  return (
    <span className={classes.side} data-side={order.transaction_type}>
      {order.transaction_type}
    </span>
  )
}

const typeWords = (order: RunOrder) =>
  `${order.order_type} ${order.product}${order.variety === "regular" ? "" : ` ${order.variety}`}`

const filledWords = (order: RunOrder) => `${number(order.filled_quantity)} of ${number(order.quantity)}`

/** Wide screens: one column per field, the cancel button pinned. */
export function orderColumns(orders: readonly RunOrder[], cancelling: Cancelling): Column<RunOrder>[] {
  const facts: Column<RunOrder>[] = [
    {
      id: "instrument",
      header: "Order",
      isText: true,
      value: (o) => o.tradingsymbol,
      cell: (o) => (
        <>
          <Side order={o} /> {number(o.quantity)} {o.exchange}:{o.tradingsymbol}
        </>
      ),
    },
    { id: "status", header: "State", isText: true, value: (o) => o.status, cell: (o) => <State order={o} /> },
    { id: "type", header: "Type", isText: true, value: (o) => o.order_type, cell: typeWords },
    { id: "price", header: "Price (₹)", value: (o) => o.price, cell: (o) => price(o.price) },
    {
      id: "trigger",
      header: "Trigger (₹)",
      value: (o) => o.trigger_price,
      cell: (o) => price(o.trigger_price),
    },
    { id: "filled", header: "Filled", value: (o) => o.filled_quantity, cell: filledWords },
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
      value: (o) => o.order_timestamp,
      cell: (o) => moment(o.order_timestamp),
    },
    {
      id: "message",
      header: "Message",
      isText: true,
      isSortable: false,
      value: (o) => o.status_message,
      cell: (o) => o.status_message ?? "",
    },
  ]
  return orders.some(canCancel) ? [...facts, cancelColumn(cancelling)] : facts
}

function cancelColumn({ onCancel, cancelled }: Cancelling): Column<RunOrder> {
  return {
    id: "cancel",
    header: <span className="tt-hidden">Cancel</span>,
    isSortable: false,
    isPinned: true,
    value: () => null,
    cell: (o) =>
      canCancel(o) && (
        <Button
          variant="light"
          color="red"
          size="compact-xs"
          loading={cancelled === o.order_id}
          onClick={() => onCancel(o)}
        >
          Cancel remaining {number(o.pending_quantity)}
        </Button>
      ),
  }
}

/** Phones: order and state in one column, the cancel button in the other. */
export function phoneColumns(orders: readonly RunOrder[], cancelling: Cancelling): Column<RunOrder>[] {
  const order: Column<RunOrder> = {
    id: "instrument",
    header: "Order",
    isText: true,
    value: (o) => o.tradingsymbol,
    cell: (o) => <PhoneOrder order={o} />,
  }
  return orders.some(canCancel) ? [order, cancelColumn(cancelling)] : [order]
}

function PhoneOrder({ order }: { order: RunOrder }) {
  const limits = [
    order.price && number(order.price, 2),
    order.trigger_price && `trigger ${number(order.trigger_price, 2)}`,
  ].filter(Boolean)
  const filled = order.filled_quantity && `${filledWords(order)} at ${price(order.average_price)}`
  return (
    <div className={classes.phoneOrder}>
      <span>
        <Side order={order} /> {number(order.quantity)} {order.tradingsymbol}{" "}
        <span className="tt-muted">{[typeWords(order), ...limits].join(" ")}</span>
      </span>
      <span>
        <State order={order} />{" "}
        <span className="tt-muted">
          {[filled, order.status_message, moment(order.order_timestamp)].filter(Boolean).join(", ")}
        </span>
      </span>
    </div>
  )
}

import { Badge, Button } from "@mantine/core"
import { discreet, moment, price, quantity } from "@tradertape/ui/format.ts"
import { SettleOrder } from "@/components/orders/settle-order"
import {
  averageColumn,
  filledColumn,
  filledWords,
  limitColumns,
  orderPrice,
  placedColumn,
  typeColumn,
  typeWords,
} from "@/components/orders/term-columns"
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

const canCancel = ({ status }: RunOrder) => !SETTLED.has(status)
const isInDoubt = ({ status }: RunOrder) => status === "IN_DOUBT"
const hasAction = (order: RunOrder) => canCancel(order) || isInDoubt(order)

interface Actions {
  /** The run's account, where an order in doubt is to be looked for. */
  account: string
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

/** Wide screens: one column per field, the cancel or settle button pinned. */
export function orderColumns(orders: readonly RunOrder[], actions: Actions): Column<RunOrder>[] {
  const facts: Column<RunOrder>[] = [
    {
      id: "instrument",
      header: "Order",
      isText: true,
      value: (o) => o.tradingsymbol,
      cell: (o) => (
        <>
          <Side order={o} /> {quantity(o.quantity)} {o.exchange}:{o.tradingsymbol}
        </>
      ),
    },
    { id: "status", header: "State", isText: true, value: (o) => o.status, cell: (o) => <State order={o} /> },
    typeColumn(),
    ...limitColumns<RunOrder>(),
    filledColumn(),
    averageColumn(),
    placedColumn((o) => o.order_timestamp),
    {
      id: "message",
      header: "Message",
      isText: true,
      isSortable: false,
      value: (o) => o.status_message,
      cell: (o) => discreet(o.status_message) ?? "",
    },
  ]
  return orders.some(hasAction) ? [...facts, actionColumn(actions)] : facts
}

function actionColumn(actions: Actions): Column<RunOrder> {
  return {
    id: "action",
    header: <span className="tt-hidden">Cancel or settle</span>,
    isSortable: false,
    isPinned: true,
    value: () => null,
    cell: (o) => <Action order={o} {...actions} />,
  }
}

function Action({ order, account, onCancel, cancelled }: Actions & { order: RunOrder }) {
  if (isInDoubt(order))
    return (
      <SettleOrder
        orderId={order.order_id}
        what={`${quantity(order.quantity)} ${order.tradingsymbol}`}
        at={account}
      />
    )
  if (!canCancel(order)) return null
  return (
    <Button
      variant="light"
      color="red"
      size="compact-xs"
      loading={cancelled === order.order_id}
      onClick={() => onCancel(order)}
    >
      Cancel remaining {quantity(order.pending_quantity)}
    </Button>
  )
}

/** Phones: order and state in one column, the button in the other. */
export function phoneColumns(orders: readonly RunOrder[], actions: Actions): Column<RunOrder>[] {
  const order: Column<RunOrder> = {
    id: "instrument",
    header: "Order",
    isText: true,
    value: (o) => o.tradingsymbol,
    cell: (o) => <PhoneOrder order={o} />,
  }
  return orders.some(hasAction) ? [order, actionColumn(actions)] : [order]
}

function PhoneOrder({ order }: { order: RunOrder }) {
  const limits = [
    order.price && price(order.price),
    order.trigger_price && `trigger ${price(order.trigger_price)}`,
  ].filter(Boolean)
  const filled = order.filled_quantity && `${filledWords(order)} at ${orderPrice(order.average_price)}`
  return (
    <div className={classes.phoneOrder}>
      <span>
        <Side order={order} /> {quantity(order.quantity)} {order.tradingsymbol}{" "}
        <span className="tt-muted">{[typeWords(order), ...limits].join(" ")}</span>
      </span>
      <span>
        <State order={order} />{" "}
        <span className="tt-muted">
          {[filled, discreet(order.status_message), moment(order.order_timestamp)].filter(Boolean).join(", ")}
        </span>
      </span>
    </div>
  )
}

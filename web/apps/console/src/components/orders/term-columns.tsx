import { moment, price, quantity } from "@tradertape/ui/format.ts"
import type { Column } from "../table/column"

/** What every order has, whoever placed it. */
export interface OrderTerms {
  order_type: string
  product: string
  variety: string
  price: number | null
  trigger_price: number | null
  average_price: number | null
  quantity: number
  filled_quantity: number
}

/** A price in rupees; an order without one has a dash. */
export const orderPrice = (value: number | null) => (value ? price(value) : "–")

export const typeWords = (order: OrderTerms) =>
  `${order.order_type} ${order.product}${order.variety === "regular" ? "" : ` ${order.variety}`}`

export const filledWords = (order: OrderTerms) =>
  `${quantity(order.filled_quantity)} of ${quantity(order.quantity)}`

export function typeColumn<Row extends OrderTerms>(): Column<Row> {
  return { id: "type", header: "Type", isText: true, value: (o) => o.order_type, cell: typeWords }
}

export function filledColumn<Row extends OrderTerms>(): Column<Row> {
  return { id: "filled", header: "Filled", value: (o) => o.filled_quantity, cell: filledWords }
}

function priceColumn<Row extends OrderTerms>(
  id: string,
  header: string,
  field: "price" | "trigger_price" | "average_price",
): Column<Row> {
  return { id, header, value: (o) => o[field], cell: (o) => orderPrice(o[field]) }
}

export const limitColumns = <Row extends OrderTerms>(): Column<Row>[] => [
  priceColumn("price", "Price (₹)", "price"),
  priceColumn("trigger", "Trigger (₹)", "trigger_price"),
]

export const averageColumn = <Row extends OrderTerms>(): Column<Row> =>
  priceColumn("average", "Average (₹)", "average_price")

export function placedColumn<Row>(placedAt: (order: Row) => string | null): Column<Row> {
  return { id: "at", header: "Placed (IST)", isText: true, value: placedAt, cell: (o) => moment(placedAt(o)) }
}

import { ApiError } from "@tradertape/api/client.ts"
import type { Instrument } from "@/lib/queries/live"
import type { Ticket, TicketChange, TradingOrder } from "@/lib/queries/trading"

export const PRODUCTS = {
  CNC: "Delivery",
  MIS: "Intraday",
  NRML: "Overnight",
  MTF: "Margin funding",
} as const
export const ORDER_TYPES = {
  LIMIT: "Limit",
  MARKET: "Market",
  SL: "Stop limit",
  "SL-M": "Stop market",
} as const

export type Product = keyof typeof PRODUCTS
export type OrderType = keyof typeof ORDER_TYPES

/** A ticket being filled in: an empty field is an empty string. */
export interface Draft {
  side: "BUY" | "SELL"
  quantity: number | ""
  product: Product
  type: OrderType
  price: number | ""
  trigger: number | ""
  isAfterMarket: boolean
}

export const hasPrice = (type: OrderType) => type === "LIMIT" || type === "SL"
export const hasTrigger = (type: OrderType) => type === "SL" || type === "SL-M"

/** The products an instrument can be held in. */
export function productsOf(instrument: Pick<Instrument, "expiry"> | undefined): Product[] {
  return instrument?.expiry ? ["NRML", "MIS"] : ["CNC", "MIS"]
}

export const emptyDraft = (side: "BUY" | "SELL"): Draft => ({
  side,
  quantity: "",
  product: "CNC",
  type: "LIMIT",
  price: "",
  trigger: "",
  isAfterMarket: false,
})

export function draftOf(order: TradingOrder): Draft {
  return {
    side: order.transaction_type === "SELL" ? "SELL" : "BUY",
    quantity: order.quantity,
    product: order.product as Product,
    type: order.order_type as OrderType,
    price: order.price || "",
    trigger: order.trigger_price || "",
    isAfterMarket: order.variety === "amo",
  }
}

/** The ticket to send; null while a field is empty. */
export function readyTicket(draft: Draft, account: string, instrument: string | undefined): Ticket | null {
  if (!instrument || draft.quantity === "") return null
  if (hasPrice(draft.type) && draft.price === "") return null
  if (hasTrigger(draft.type) && draft.trigger === "") return null
  return {
    account_scope: account,
    instrument,
    transaction_type: draft.side,
    quantity: draft.quantity,
    order_type: draft.type,
    product: draft.product,
    ...(hasPrice(draft.type) && draft.price !== "" && { price: draft.price }),
    ...(hasTrigger(draft.type) && draft.trigger !== "" && { trigger_price: draft.trigger }),
    ...(draft.isAfterMarket && { variety: "amo" as const }),
  }
}

/** What differs from the order as it is; null while a field is empty or nothing differs. */
export function readyChange(draft: Draft, order: TradingOrder): TicketChange | null {
  const change: TicketChange = {}
  if (draft.quantity === "") return null
  if (draft.quantity !== order.quantity) change.quantity = draft.quantity
  if (hasPrice(draft.type)) {
    if (draft.price === "") return null
    if (draft.price !== order.price) change.price = draft.price
  }
  if (hasTrigger(draft.type)) {
    if (draft.trigger === "") return null
    if (draft.trigger !== order.trigger_price) change.trigger_price = draft.trigger
  }
  return Object.keys(change).length > 0 ? change : null
}

const FIELDS = new Set(["quantity", "price", "trigger_price", "product", "order_type", "account_scope"])

/** Validation messages by field; "" holds those of no field. */
export function errorsByField(error: unknown): Record<string, string> {
  if (!error) return {}
  if (!(error instanceof ApiError)) return error instanceof Error ? { "": error.message } : {}
  if (error.validationErrors.length === 0) return { "": error.message }
  const found: Record<string, string> = {}
  for (const { pointer, message } of error.validationErrors) {
    const name = pointer.split("/").at(-1) ?? ""
    const field = FIELDS.has(name) ? name : ""
    found[field] = found[field] ? `${found[field]}; ${message}` : message
  }
  return found
}

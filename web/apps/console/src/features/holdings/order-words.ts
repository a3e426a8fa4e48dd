import { words } from "@tradertape/ui/format.ts"
import type { BrokerOrder } from "@/lib/queries/portfolio"

export const ORDER_FILTERS = ["all", "open", "complete", "cancelled", "rejected"] as const
export type OrderFilter = (typeof ORDER_FILTERS)[number]

const FINAL: Record<string, OrderFilter> = {
  COMPLETE: "complete",
  COMPLETED: "complete",
  FILLED: "complete",
  EXECUTED: "complete",
  CANCELLED: "cancelled",
  "CANCELLED AMO": "cancelled",
  EXPIRED: "cancelled",
  REJECTED: "rejected",
}

/** The filter that an order belongs to; what is not final is open. */
export function filterOf({ status }: Pick<BrokerOrder, "status">): OrderFilter {
  return FINAL[status.toUpperCase()] ?? "open"
}

export interface OrderChoice {
  status: OrderFilter
  broker?: string | undefined
  source?: BrokerOrder["source"] | undefined
}

export function matchesOrder(order: BrokerOrder, { status, broker, source }: OrderChoice): boolean {
  if (status !== "all" && filterOf(order) !== status) return false
  return (!broker || order.broker === broker) && (!source || order.source === source)
}

export const orderStatus = (status: string) => words(status)

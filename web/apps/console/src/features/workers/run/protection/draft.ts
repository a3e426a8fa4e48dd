import type { Complaint } from "@tradertape/api/client.ts"
import type { ProtectedPosition, ProtectionDocument, RunLeg } from "@/lib/queries/workers"

/** A figure as an input holds it; "" is not set. */
export type Figure = number | string

export interface DraftPosition {
  symbol: string
  product: string
  side: "BUY" | "SELL"
  quantity: Figure
  entry_price: Figure
  stoploss_pct: Figure
  target_pct: Figure
  trailing_stoploss_pct: Figure
}

export interface Draft {
  enabled: boolean
  positions: DraftPosition[]
  basket: {
    stoploss_pct: Figure
    target_pct: Figure
    trailing_activate_pct: Figure
    trailing_drawdown_pct: Figure
  }
  operations: { exit_on_worker_stale: boolean; worker_stale_sec: Figure; mis_squareoff_buffer_sec: Figure }
  reason: string
  resets: boolean
}

/** The document as a form has it. */
export function toDraft(document: ProtectionDocument | null | undefined): Draft {
  const { positions = [], basket = {}, operations = {}, enabled = true } = document ?? {}
  return {
    enabled,
    positions: positions.map(draftPosition),
    basket: {
      stoploss_pct: basket.stoploss_pct ?? "",
      target_pct: basket.target_pct ?? "",
      trailing_activate_pct: basket.trailing_activate_pct ?? "",
      trailing_drawdown_pct: basket.trailing_drawdown_pct ?? "",
    },
    operations: {
      exit_on_worker_stale: operations.exit_on_worker_stale ?? false,
      worker_stale_sec: operations.worker_stale_sec ?? "",
      mis_squareoff_buffer_sec: operations.mis_squareoff_buffer_sec ?? "",
    },
    reason: "",
    resets: false,
  }
}

function draftPosition(position: ProtectedPosition): DraftPosition {
  const { exchange, tradingsymbol, symbol = "" } = position
  return {
    symbol: exchange && tradingsymbol ? `${exchange}:${tradingsymbol}` : symbol,
    product: position.product,
    side: position.side,
    quantity: position.quantity,
    entry_price: position.entry_price,
    stoploss_pct: position.stoploss_pct ?? "",
    target_pct: position.target_pct ?? "",
    trailing_stoploss_pct: position.trailing_stoploss_pct ?? "",
  }
}

/** Members that are set, figures as numbers; undefined when none is. */
function given<K extends string>(
  members: Record<K, Figure | boolean>,
): Partial<Record<K, number | boolean>> | undefined {
  const set = Object.entries<Figure | boolean>(members).flatMap(
    ([name, value]): [string, number | boolean][] => {
      if (typeof value === "boolean") return value ? [[name, true]] : []
      return value === "" ? [] : [[name, Number(value)]]
    },
  )
  return set.length > 0 ? (Object.fromEntries(set) as Partial<Record<K, number | boolean>>) : undefined
}

/** The form as the server reads it; what it thinks of it is the server's to say. */
export function toDocument({ enabled, positions, basket, operations }: Draft): ProtectionDocument {
  const basketRules = given(basket)
  const operationRules = given(operations)
  return {
    enabled,
    ...(positions.length > 0 && {
      positions: positions.map(({ symbol, product, side, ...figures }) => ({
        symbol,
        product,
        side,
        ...(given(figures) as unknown as Pick<ProtectedPosition, "quantity" | "entry_price">),
      })),
    }),
    ...(basketRules && { basket: basketRules as ProtectionDocument["basket"] }),
    ...(operationRules && { operations: operationRules as ProtectionDocument["operations"] }),
  }
}

/** A position row for an open leg, with a usual stop. */
export function positionOf(leg: RunLeg): DraftPosition {
  return {
    symbol: leg.instrument,
    product: leg.product,
    side: leg.quantity > 0 ? "BUY" : "SELL",
    quantity: Math.abs(leg.quantity),
    entry_price: leg.average_price,
    stoploss_pct: 2,
    target_pct: "",
    trailing_stoploss_pct: "",
  }
}

/** Open legs that no row of the form names. */
export function unprotected(legs: readonly RunLeg[], positions: readonly DraftPosition[]): RunLeg[] {
  const named = new Set(positions.map(({ symbol, product }) => `${symbol} ${product}`))
  return legs.filter((leg) => leg.quantity !== 0 && !named.has(`${leg.instrument} ${leg.product}`))
}

const HEAD = "/backend_protection/"

/** What the server disliked, by the field of the form it stands at. */
export function fieldErrors(complaints: readonly Complaint[]): Record<string, string> {
  const placed = complaints.filter(({ pointer }) => pointer.startsWith(HEAD))
  return Object.fromEntries(
    placed.map(({ pointer, message }) => [pointer.slice(HEAD.length).replaceAll("/", "."), message]),
  )
}

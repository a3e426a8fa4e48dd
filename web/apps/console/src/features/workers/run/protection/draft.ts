import type { ValidationError } from "@tradertape/api/client.ts"
import type {
  BasketRules,
  OperationRules,
  ProtectedPosition,
  ProtectionRequest,
  ProtectionSnapshot,
  RunLeg,
} from "@/lib/queries/workers"

/** A number in an input; "" is not set. */
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

/** Rules on worker liveness and time, available in every protection. */
export interface Operations {
  exit_on_worker_stale: boolean
  worker_stale_sec: Figure
  mis_squareoff_buffer_sec: Figure
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
  operations: Operations
  reason: string
  resets: boolean
}

/** Convert the protection in force to form values. */
export function toDraft(
  protection: Pick<ProtectionSnapshot, "backend_protection" | "legs"> | null | undefined,
): Draft {
  const { positions = [], basket = {}, operations, enabled = true } = protection?.backend_protection ?? {}
  return {
    enabled,
    // A worker may identify a position by instrument token only; the server resolves the instrument.
    positions: positions.map((one, index) => draftPosition(one, protection?.legs[index]?.instrument)),
    basket: {
      stoploss_pct: basket.stoploss_pct ?? "",
      target_pct: basket.target_pct ?? "",
      trailing_activate_pct: basket.trailing_activate_pct ?? "",
      trailing_drawdown_pct: basket.trailing_drawdown_pct ?? "",
    },
    operations: toOperations(operations),
    reason: "",
    resets: false,
  }
}

export function toOperations(rules: OperationRules = {}): Operations {
  return {
    exit_on_worker_stale: rules.exit_on_worker_stale ?? false,
    worker_stale_sec: rules.worker_stale_sec ?? "",
    mis_squareoff_buffer_sec: rules.mis_squareoff_buffer_sec ?? "",
  }
}

function draftPosition(position: ProtectedPosition, instrument: string | undefined): DraftPosition {
  return {
    symbol: instrument ?? position.symbol ?? "",
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
export function given<T extends object>(members: Record<string, Figure | boolean>): Partial<T> | undefined {
  const set = Object.entries(members).flatMap(([name, value]): [string, number | boolean][] => {
    if (typeof value === "boolean") return value ? [[name, true]] : []
    return value === "" ? [] : [[name, Number(value)]]
  })
  return set.length > 0 ? (Object.fromEntries(set) as Partial<T>) : undefined
}

/** Convert form values to a document. The server validates it. */
export function toDocument(
  { enabled, positions, basket, operations }: Draft,
  before?: ProtectionRequest | null,
): ProtectionRequest {
  const basketRules = given<BasketRules>({ ...basket })
  const operationRules = given<OperationRules>({ ...operations })
  return {
    enabled,
    // Set by the worker and not editable in the form: keep it.
    ...(before?.mode !== undefined && { mode: before.mode }),
    ...(before?.version !== undefined && { version: before.version }),
    ...(positions.length > 0 && {
      positions: positions.map(({ symbol, product, side, ...figures }) => ({
        symbol,
        product,
        side,
        ...(given<ProtectedPosition>(figures) as Pick<ProtectedPosition, "quantity" | "entry_price">),
      })),
    }),
    ...(basketRules && { basket: basketRules }),
    ...(operationRules && { operations: operationRules }),
  }
}

/** A position row for an open leg, with a default stop. */
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

/** Open legs that have no row in the form. */
export function unprotected(legs: readonly RunLeg[], positions: readonly DraftPosition[]): RunLeg[] {
  const named = new Set(positions.map(({ symbol, product }) => `${symbol} ${product}`))
  return legs.filter((leg) => leg.quantity !== 0 && !named.has(`${leg.instrument} ${leg.product}`))
}

const HEAD = "/backend_protection/"

/** Map validation errors of the server to form fields. */
export function fieldErrors(validationErrors: readonly ValidationError[]): Record<string, string> {
  const placed = validationErrors.filter(({ pointer }) => pointer.startsWith(HEAD))
  return Object.fromEntries(
    placed.map(({ pointer, message }) => [pointer.slice(HEAD.length).replaceAll("/", "."), message]),
  )
}

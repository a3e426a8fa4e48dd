/** Parts of the workers' answers that the API describes as free objects. Prices and amounts in rupees. */

export interface RunOrder {
  order_id: string
  status: string
  status_message: string | null
  order_timestamp: string
  exchange_update_timestamp: string
  variety: string
  exchange: string
  tradingsymbol: string
  transaction_type: "BUY" | "SELL"
  product: string
  order_type: string
  quantity: number
  filled_quantity: number
  pending_quantity: number
  price: number
  trigger_price: number
  average_price: number
}

export interface RunTrade {
  trade_id: string
  order_id: string
  exchange: string
  tradingsymbol: string
  transaction_type: "BUY" | "SELL"
  product: string
  quantity: number
  average_price: number
  charges: number
  fill_timestamp: string
}

export interface ProtectedPosition {
  symbol?: string
  instrument_token?: number
  exchange?: string
  tradingsymbol?: string
  product: string
  side: "BUY" | "SELL"
  quantity: number
  entry_price: number
  stoploss_pct?: number
  target_pct?: number
  trailing_stoploss_pct?: number
}

export interface BasketRules {
  stoploss_pct?: number
  target_pct?: number
  trailing_activate_pct?: number
  trailing_drawdown_pct?: number
}

export interface OperationRules {
  exit_on_worker_stale?: boolean
  worker_stale_sec?: number
  mis_squareoff_buffer_sec?: number
}

/** What a worker or a person asks the platform to watch. */
export interface ProtectionDocument {
  enabled?: boolean
  mode?: string
  version?: number
  positions?: ProtectedPosition[]
  basket?: BasketRules
  operations?: OperationRules
}

export interface ProtectionLeg {
  instrument: string
  product: string
  side: "BUY" | "SELL"
  quantity: number
  status: string
  entry_price: number
  best_price: number | null
  stop_price: number | null
  target_price: number | null
  trailing_price: number | null
  exit_price: number | null
}

/** A run's protection as it stands. */
export interface ProtectionSnapshot {
  status: string
  generation: number
  triggered_rule: string | null
  exit_claim_id: string | null
  reason: string | null
  backend_protection: ProtectionDocument | null
  legs: ProtectionLeg[]
  basket_peak_pct: number | null
}

/** A control that a worker offers to be changed while it runs. */
export interface RiskControl {
  key: string
  label?: string
  type?: "number" | "integer" | "boolean" | "select" | "text"
  min?: number
  max?: number
  step?: number
  options?: (string | number | { value: string | number; label?: string })[]
  default?: string | number | boolean
  help?: string
  unit?: string
  editable?: boolean
  requires_reason?: boolean
}

/** What a worker wants to be seen of its run. */
export interface SummaryField {
  key: string
  label?: string
  value?: unknown
  format?: "inr" | "pct" | "int" | "number" | "text" | "time"
}

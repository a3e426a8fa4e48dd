/** Types of the worker responses that the API schema leaves free-form. Prices and amounts in rupees. */

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

/** The protection rules requested by a worker or a user. */
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

/** The current protection of a run. */
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

/** A control of the worker that can be changed while it runs. */
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

/** A summary field that a worker shows for its run. */
export interface SummaryField {
  key: string
  label?: string
  value?: unknown
  format?: "inr" | "pct" | "int" | "number" | "text" | "time"
  tone?: string
}

export type OptionStatus =
  | "created"
  | "entering"
  | "entered"
  | "partial"
  | "unwound"
  | "rejected"
  | "dry_run"
  | "flat"
  | "exiting"
  | "exited"
  | "closed"

export interface LegGreeks {
  iv: number | null
  delta: number
  gamma: number
  theta: number
  vega: number
  rho: number
}

/** A leg of an option run: contract, order state and value. */
export interface OptionLegState {
  leg_id: string
  exchange: string
  tradingsymbol: string
  strike: number | null
  option_type: string | null
  expiry_key: string
  transaction_type: "BUY" | "SELL"
  quantity: number
  lots: number
  lot_size: number
  product: string
  order_type: string
  price: number | null
  order_id: string | null
  order_status: string | null
  detail: string | null
  filled_quantity: number
  entry_price: number | null
  net_quantity: number
  ltp: number | null
  unrealized_pnl: number | null
  realized_pnl: number
  greeks: LegGreeks | null
}

export interface OptionLegRules {
  stoploss_pct?: number
  target_pct?: number
  trailing_stoploss_pct?: number
}

/** The requested protection of an option run: one kind of stop and one of target. */
export interface OptionProtectionDocument {
  enabled?: boolean
  basis?: "entry_value" | "premium"
  stoploss_pct?: number
  stoploss_inr?: number
  stoploss_premium?: number
  target_pct?: number
  target_inr?: number
  target_premium?: number
  trailing_stoploss_pct?: number
  trailing_activate_pct?: number
  trailing_drawdown_pct?: number
  leg_stoploss_pct?: number
  leg_target_pct?: number
  leg_trailing_stoploss_pct?: number
  legs?: (OptionLegRules & { leg_id: string })[]
  operations?: OperationRules
}

export interface OptionProtectionState extends ProtectionSnapshot {
  protection: OptionProtectionDocument | null
  basis: "entry_value" | "premium"
  profit_pct: number | null
  waits_for_entry: boolean
}

/** The combined premium of the legs in rupees and in rupees per unit; negative if received. */
export interface CombinedPremium {
  net: number
  per_unit: number
}

/** An option run at current prices. */
export interface OptionState {
  strategy_run_id: string
  strategy_name: string
  status: string
  option_status: OptionStatus
  underlying: string
  spot_ltp: number | null
  expiry: string
  product: string
  legs: OptionLegState[]
  is_stale: boolean
  premium: { units: number; entry_value: number; entry: CombinedPremium; now: CombinedPremium | null } | null
  greeks: Omit<LegGreeks, "iv"> | null
  protection: OptionProtectionState
  entered_at: string | null
  closed_at: string | null
  updated_at: string
}

/** Margin and charges of the entry. */
export interface OptionEntryPreview {
  can_enter: boolean
  option_status: OptionStatus
  preview: {
    basket: {
      orders: (Pick<
        RunOrder,
        "exchange" | "tradingsymbol" | "transaction_type" | "product" | "order_type" | "quantity"
      > & { warnings: string[] })[]
      warnings: string[]
      all_or_none: boolean
    }
    cost_contract: { margin_required: number | null; total_charges: number | null } | null
  }
}

export interface ReplayTrigger {
  index: number
  at: string
  rule: string
  scope: string
  reason: string
  pnl: number | null
  exits: { instrument: string; transaction_type: "BUY" | "SELL"; quantity: number; price: number | null }[]
}

/** What a protection would have done since the entry, minute by minute. */
export interface OptionReplay {
  source: "given" | "recorded"
  would_have_fired: boolean
  first: ReplayTrigger | null
  triggers: ReplayTrigger[]
  evaluated: number
  steps: { index: number; at: string; pnl: number | null; fired: string[] }[]
}

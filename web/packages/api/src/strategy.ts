/** Types of the strategy language. */

export type CompareOp = ">" | ">=" | "<" | "<=" | "==" | "!="
export type ArithOp = "+" | "-" | "*" | "/"

export type IndicatorParams = Record<string, number | { type: "param"; name: string }>

/** A number per stock and day. A bare number is short for a literal. */
export type Operand =
  | number
  | { type: "indicator"; name: string; offset?: number }
  | {
      type: "indicator"
      fn: string
      params?: IndicatorParams
      output?: string
      source?: string
      offset?: number
    }
  | { type: "literal"; value: number }
  | { type: "param"; name: string }
  | { type: "position"; field: string }
  | { type: "market"; name?: string; fn?: string; params?: IndicatorParams; output?: string; offset?: number }
  | { type: "arith"; op: ArithOp; left: Operand; right: Operand }

export type Condition =
  | { type: "and"; conditions: Condition[] }
  | { type: "or"; conditions: Condition[] }
  | { type: "not"; condition: Condition }
  | { type: "compare"; left: Operand; op: CompareOp; right: Operand }
  | { type: "cross"; direction: "above" | "below"; left: Operand; right: Operand }
  | { type: "between"; value: Operand; low: Operand; high: Operand }
  | { type: "in"; value: Operand; values: number[] }
  | { type: "for_bars"; bars: number; condition: Condition }
  | { type: "count"; at_least: number; conditions: Condition[] }
  | { type: "random"; prob: number; seed?: number }

export type ConditionType = Condition["type"]
export type OperandType = Exclude<Operand, number>["type"]

export interface ExitRule {
  name: string
  priority: number
  ignore_min_hold?: boolean
  condition: Condition
  exit_price?: Operand
  size_pct?: number
}

export interface Band {
  gte?: number | null
  lt?: number | null
  points: number
}

export type Score =
  | { name: string; type: "bands"; input: Operand; bands: Band[] }
  | { name: string; type: "condition"; condition: Condition; points: number }
  | { name: string; type: "linear"; input: Operand; from: number; to: number; points: number }

export interface RegimeFilter {
  index: string
  condition: Condition
  when_false?: "block_entries" | "halve_size"
}

export interface Filters {
  min_price?: number | null
  max_price?: number | null
  min_turnover_20d?: number | null
  min_history_bars?: number
  exclude_symbols?: string[]
  include_sectors?: string[]
  exclude_sectors?: string[]
  exclude_surveillance?: boolean
  exclude_result_days?: number
}

export interface EntryPlan {
  order?: "gtt" | "market" | "limit"
  buffer_pct?: number
  buffer_side?: "auto" | "above" | "below"
  limit_offset_pct?: number
  valid_days?: number
  cooldown_days?: number
}

export interface Trailing {
  activate_pct?: number
  trail_pct?: number | null
  trail_atr_mult?: number | null
}

export interface Stops {
  stop_loss_pct?: number | null
  atr_stop_mult?: number | null
  target_pct?: number | null
  target_r?: number | null
  trailing?: Trailing | null
  breakeven_at_pct?: number | null
  gap_down_exit_pct?: number | null
  time_exit_days?: number | null
}

export interface AddonRules {
  enabled?: boolean
  condition?: Condition | null
  max_addons?: number
  size_pct_of_initial?: number
  min_gap_pct?: number
  min_bars_between?: number
}

export interface HoldConfig {
  min_hold?: number
  max_hold?: number | null
  atr_stop_mult?: number
  exit_buffer_pct?: number
  min_conviction?: number
  conviction_base?: number
}

/** The user-editable document: everything except fields set by the server. */
export interface StrategyDocument {
  name: string
  description?: string
  base_model?: string
  tags?: string[]
  filters?: Filters
  regime_filter?: RegimeFilter | null
  entry_rules?: Condition
  entry?: EntryPlan
  exit_rules?: ExitRule[]
  stops?: Stops
  addon_rules?: AddonRules
  conviction_scoring?: Score[]
  config?: HoldConfig
  params?: Record<string, number | ParamSpec>
}

export interface ParamSpec {
  default: number
  min?: number | null
  max?: number | null
  step?: number | null
  title?: string
}

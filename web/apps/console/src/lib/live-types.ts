/** Messages of the live connection. Prices in rupees. */

export type TickMode = "ltp" | "quote" | "full"

export interface DepthLevel {
  price: number
  quantity: number
  orders: number
}

/** The latest tick of an instrument. Fields after `seq` are sent in the modes quote and full only. */
export interface Tick {
  ltp: number
  close: number | null
  change: number | null
  change_pct: number | null
  ts: string
  seq: number
  open?: number | null
  high?: number | null
  low?: number | null
  volume?: number
  avg_price?: number | null
  oi?: number | null
  bid?: number | null
  ask?: number | null
  bid_qty?: number
  ask_qty?: number
  ltq?: number
  exchange_ts?: string | null
  depth?: { buy: DepthLevel[]; sell: DepthLevel[] }
  lower_circuit?: number | null
  upper_circuit?: number | null
}

/** An event of the account: an entry of a run's timeline, or one that belongs to no run. */
export interface AccountEvent {
  cursor: number
  strategy_run_id: string
  event_kind: string
  event_type: string
  event_source: string
  related_resource_type: string | null
  related_resource_id: string | null
  summary: string
  payload: Record<string, unknown>
  created_at: string
  /** `kill_switch`: an account event without the timeline fields. */
  event?: string
}

/** What the agent's own API answers. Money and quantities are texts: the page computes nothing with them. */

export type Environment = "live" | "sandbox"
export type PrivacyMode = "off" | "relative" | "coarse" | "sealed" | "seed_literal"

export interface Status {
  version: string
  latest_version: string | null
  cloud_url: string
  cloud: "ok" | "unreachable" | "refused" | "error" | "unknown"
  broker: string
  problem: string
  primary_broker: string
  primary_title: string
  environment: Environment
  poll_interval: number
  last_poll: string | null
  auto_execute: boolean
  kill_switch: { local: boolean; cloud: boolean }
  privacy: PrivacyMode
  waiting_signals: number
  drift: number
  queued_reports: number
}

export interface Intent {
  key: string
  kind: "gtt" | "order"
  state: "sending" | "resting" | "triggered" | "filled" | "ended" | "unclear"
  asked_at: string
  venue_id: string | null
  order_id: string | null
  quantity: number
  filled: number
  average_price: string | null
  message: string
}

/** One order that a signal becomes at the broker. price: null at the market. amount: rupees. */
export interface Leg {
  trigger: string | null
  price: string | null
  quantity: number
  amount: string | null
}

/** problem: why it could not be placed as it is now. */
export interface OrderPreview {
  kind: "gtt" | "order"
  product: string
  legs: Leg[]
  risk: string | null
  /** A purchase without a stop gets one at the broker, so much below its price. */
  stop_pct: string | null
  problem: string
}

export interface Signal {
  id: string
  version: number
  state: "waiting" | "sent" | "ended"
  decision: "approved" | "rejected" | null
  reason: string
  received_at: string
  can_decide: boolean
  /** Approved, and kept by the cloud for the moment: `reason` says why. */
  waits_in_cloud: boolean
  intents: Intent[]
  problem?: string
  instrument?: string
  side?: "BUY" | "SELL"
  kind?: string
  quantity?: string
  order_type?: string
  trigger_price?: string | null
  limit_price?: string | null
  stop_price?: string | null
  target_price?: string | null
  ref_price?: string | null
  expires_at?: string | null
  portfolio_id?: string
  why?: string
  denials?: string[]
  conviction?: string | null
  is_scaled?: boolean
  order?: OrderPreview | null
}

export interface Holding {
  broker: string
  exchange: string
  symbol: string
  isin: string
  product: string
  quantity: number
  t1_quantity: number
  pledged_quantity: number
  total_quantity: number
  average_price: string
  last_price: string
  invested: string
  value: string
  pnl: string
  pnl_pct: string
  day_change: string
}

export interface Position {
  broker: string
  exchange: string
  symbol: string
  product: string
  quantity: number
  average_price: string
  last_price: string
  pnl: string
}

export interface Read<T> {
  items: T[]
  problems: string[]
  age_s?: number | null
}

export interface Fund {
  broker: string
  fund: string
  isin: string
  folio: string
  quantity: string
  average_price: string
  last_price: string
  last_price_date: string
  invested: string
  value: string
  pnl: string
}

/** without: brokers that do not tell of mutual funds. */
export interface Funds extends Read<Fund> {
  without: string[]
}

export interface Broker {
  name: string
  title: string
  is_primary: boolean
  state: "connected" | "signed_out" | "expired" | "unreachable"
  problem: string
  user_id: string
  session_ends_at: string | null
  login: "page" | "credentials"
  address_rule: string
  environment: Environment
  callback: string
}

export interface Dashboard {
  invested: string
  value: string
  pnl: string
  pnl_pct: string
  day_change: string
  day_change_pct: string
  cash: string
  waiting_signals: number
  unclear_orders: Intent[]
  reconciliation: Summary | null
  brokers: Broker[]
  problems: string[]
}

export interface Summary {
  symbols?: number
  ok?: number
  drift?: number
  ignored?: number
  value_at_risk?: string
}

export interface Drift {
  symbol: string
  cloud_qty: number
  broker_qty: number
  difference: number
  broker_detail: Record<"holdings" | "t1" | "positions_cnc" | "pledged" | "mtf", number>
  classification: string
  confidence: number
  evidence: string[]
  by_portfolio: { portfolio_id: string; qty: number }[]
  first_seen: string
  age_cycles: number
  is_flagged: boolean
  value: string
  suggested: { action: string; ratio?: string }
  ignored: boolean
  actions: DriftAction[]
  /** Why there are no other actions; empty where there are. */
  blocked: string
}

export type CorrectionKind = "adopt" | "write_off"
export type DriftAction = CorrectionKind | "corrective_order" | "ignore"

/** An entry beside the books: units that count as ours, or no longer do. */
export interface Correction {
  id: number
  symbol: string
  action: CorrectionKind
  units: number
  cause: string
  note: string
  made_at: string
  undone_at: string | null
}

/** The order that would settle a difference, as it would be sent. value: rupees, at the limit or the last price. */
export interface Proposal {
  symbol: string
  difference: number
  side: "BUY" | "SELL"
  quantity: number
  product: string
  order_type: string
  limit_price: string | null
  last_price: string | null
  value: string | null
}

export interface SentOrder extends Intent {
  symbol: string
  side: "BUY" | "SELL"
}

/** A trigger of the broker's list that may be an order in doubt. */
export interface Candidate {
  venue_id: string
  status: string
  created_at: string | null
  trigger_prices: string[]
  limit_prices: string[]
  quantity: number
}

export type Outcome = "placed" | "filled" | "absent" | "not_filled"

/** An order whose outcome is unknown. problem: why the broker's list could not be read. */
export interface Doubt extends SentOrder {
  looks: number
  can_resolve: boolean
  outcomes: Outcome[]
  candidates: Candidate[]
  problem: string
}

export type Resolution =
  | { outcome: "placed"; venue_id: string }
  | { outcome: "filled"; filled: number; average_price: string }
  | { outcome: "absent" }
  | { outcome: "not_filled" }

export interface Reconciliation {
  checked_at?: string
  status: "ok" | "drift" | "stale" | "broker_unavailable"
  summary: Summary
  items: Drift[]
  corrections: Correction[]
  orders: SentOrder[]
  ignores: Ignore[]
}

export interface Ignore {
  symbol: string
  difference: number | null
  until: string | null
}

export type BrokerName = "kite" | "upstox" | "groww"

export interface Settings {
  auto_execute: boolean
  stop_loss_pct: number
  poll_interval: number
  primary_broker: BrokerName
  cloud_url: string
  credentials: Record<string, boolean>
  config: string
  privacy: PrivacyMode
}

export interface Saved {
  saved: string[]
  after_restart: string[]
}

export interface Device {
  id: string
  name: string
  paired_at: string
  seen_at: string
}

export interface Privacy {
  mode: PrivacyMode
  is_on: boolean
  factor_id: string | null
}

export interface Sent {
  number: number
  at: string
  method: string
  path: string
  body: string
  outcome: string
  bytes: number
}

export interface UploadColumn {
  name: string
  treatment: "scaled" | "hidden" | "kept" | "left_out"
  why: string
}

/** A file for the agent. password: opens a PDF; nobody keeps it. */
export interface ChosenFile {
  name: string
  content: string
  password?: string
}

export interface Rewritten {
  name: string
  kind: "tradebook" | "ledger" | "funds"
  mode: PrivacyMode
  factor_id: string | null
  differences: { name: string; stated: string; parsed: string }[]
  warnings: string[]
  client_id: string
  account: string
  columns: UploadColumn[]
  rows: number
  left_out: { rows: number; why: string }[]
  before: string[][]
  after: string[][]
  header: string[]
  bytes: number
  content: string
}

/** A file that was sent. settled: a later request got its answer. interrupted: no answer is known. */
export interface PastFile {
  number: number
  at: string
  name: string
  kind: "tradebook" | "ledger" | "funds"
  rows: number
  state: "sending" | "answered" | "settled" | "refused" | "interrupted"
}

export interface SentFile {
  id: number | null
  state: "done" | "importing" | "held" | "rejected"
  rows: number
  imported: number
  duplicates: number
  detail: string
  warnings: string[]
}

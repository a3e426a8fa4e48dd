/** A backtest as the server reports it. Percentages in percent units, money in rupees. */
import type { StrategyDocument } from "./strategy.ts"

export type RunStatus = "queued" | "running" | "completed" | "failed" | "cancelled"

export interface Headline {
  ending_capital: number | null
  total_return: number | null
  cagr: number | null
  benchmark_cagr: number | null
  max_drawdown: number | null
  sharpe: number | null
  win_rate: number | null
  profit_factor: number | null
  total_trades: number | null
  /** A few dozen points of the equity curve, for a thumbnail. */
  spark: number[]
}

/** Every figure of the summary by its name; dates are strings. */
export type Summary = Record<string, number | string | null | undefined> & {
  start_date: string
  end_date: string
  starting_capital: number
  ending_capital: number
}

export interface EquityPoint {
  date: string
  equity: number
  cash: number
  positions: number
  drawdown: number
  benchmark: number | null
  exposure: number
}

export interface MonthlyReturn {
  year: number
  month: number
  return: number
  benchmark: number | null
}

export interface YearlyReturn {
  year: number
  return: number
  benchmark: number | null
}

export interface Drawdown {
  start: string
  trough: string
  end: string | null
  depth: number
  days: number
  recovery_days: number | null
}

export interface ConvictionPart {
  name: string
  input: number | boolean | null
  points: number
}

export interface Trade {
  id: number | string
  symbol: string
  sector: string
  entry_date: string
  entry_price: number
  exit_date: string | null
  exit_price: number | null
  quantity: number
  invested: number
  gross_pnl: number
  charges: number
  slippage: number
  net_pnl: number
  return_pct: number
  r_multiple: number | null
  bars_held: number
  exit_reason: string
  exit_rule: string | null
  exit_reason_text: string
  signal_date: string | null
  initial_stop: number | null
  conviction: number
  conviction_breakdown: ConvictionPart[]
  addons: number
  mae_pct: number
  mfe_pct: number
  entry_reason: string
  indicators_at_entry: Record<string, number | null>
}

export interface SkippedSignal {
  date: string
  symbol: string
  reason: string
  conviction: number | null
}

/** Closed trades that have something in common, summed up. */
export interface Group {
  trades: number
  winning_trades: number
  win_rate: number
  net_pnl: number
  gross_pnl: number
  charges: number
  avg_return_pct: number
  avg_bars_held: number
}

export type DecileGroup = Group & { decile: number; conviction_from: number; conviction_to: number }
export type ExitGroup = Group & { reason: string; rule: string | null; label: string }

export interface SkipGroup {
  reason: string
  label: string
  signals: number
}

export interface Costs {
  gross_pnl: number
  charges: number
  slippage: number
  traded: number
  charges_bps: number | null
  costs_bps: number | null
}

export interface RollingPoint {
  date: string
  sharpe: number | null
  volatility: number | null
  beta: number | null
}

export interface RunConfig {
  universe: string
  start_date: string
  end_date: string
  starting_capital: number
  [name: string]: unknown
}

export interface StrategyRef {
  id: number | null
  name: string
  version: number | null
}

/** A run as lists show it; `headline` is empty until it is finished. */
export interface RunSummary {
  run_id: string
  status: RunStatus
  name: string
  tags: string[]
  strategy: StrategyRef
  universe: string
  data_set: string
  data_version: string
  simulated: boolean
  start_date: string
  end_date: string
  created_at: string
  finished_at: string | null
  took_ms: number | null
  error: string
  headline: Partial<Headline>
}

export interface Run {
  run_id: string
  name: string
  status: RunStatus
  tags: string[]
  strategy: StrategyRef
  created_at: string
  took_ms: number
  engine_version: string
  data_version: string
  data_set: string
  simulated: boolean
  hash: string
  config: RunConfig
  strategy_snapshot: StrategyDocument & { id?: number; version?: number }
  summary: Summary
  equity_curve: EquityPoint[]
  monthly_returns: MonthlyReturn[]
  yearly_returns: YearlyReturn[]
  drawdowns: Drawdown[]
  trades: Trade[]
  open_positions: Trade[]
  exit_breakdown: ExitGroup[]
  by_symbol: (Group & { symbol: string; sector: string | null })[]
  by_sector: (Group & { sector: string })[]
  by_year: (Group & { year: number })[]
  by_weekday: (Group & { weekday: string })[]
  by_conviction_decile: DecileGroup[]
  skipped_signals: SkippedSignal[]
  skip_breakdown: SkipGroup[]
  costs: Costs
  rolling: { window_days: number; rows: RollingPoint[] }
  warnings: string[]
}

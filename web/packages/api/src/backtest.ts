/** Types of the backtest responses, with types for the parts that the API schema leaves free-form. */
import type * as api from "./generated/types.gen.ts"
import type { StrategyDocument } from "./strategy.ts"

export type {
  Drawdown,
  MonthlyReturn,
  SkippedSignal,
  StrategyRef,
  Trade,
  YearlyReturn,
} from "./generated/types.gen.ts"

export type RunStatus = api.RunOut["status"]
export type RunSummary = api.RunOut
export type RollingPoint = api.RollingDay
export type DecileGroup = api.DecileGroup
export type ExitGroup = api.ExitGroup
export type Summary = api.Summary

/** Common fields of all breakdowns of closed trades. */
export type Group = Pick<
  api.YearGroup,
  | "trades"
  | "winning_trades"
  | "win_rate"
  | "net_pnl"
  | "gross_pnl"
  | "charges"
  | "avg_return_pct"
  | "avg_bars_held"
>

export interface RunConfig {
  universe: string
  start_date: string
  end_date: string
  starting_capital: number
  [name: string]: unknown
}

/** A stored run with its report. */
export type Run = Omit<api.Report, "run_id" | "config" | "strategy_snapshot"> & {
  run_id: string
  config: RunConfig
  strategy_snapshot: StrategyDocument
}

import type { Summary } from "@tradertape/api/backtest.ts"
/** The figures of a summary that are shown, their labels, and which direction is better. */
import { date, money, number, percent, signedPercent } from "@tradertape/ui/format.ts"

export type Kind = "percent" | "signed" | "ratio" | "count" | "money" | "days" | "date"

export interface Figure {
  key: keyof Summary
  label: string
  kind: Kind
  hint?: string
  /** Which direction is better; absent if neither is. */
  better?: "high" | "low"
}

export interface FigureGroup {
  title: string
  figures: Figure[]
}

export const HEADLINES: Figure[] = [
  {
    key: "cagr",
    label: "CAGR",
    kind: "signed",
    better: "high",
    hint: "Compound annual growth rate, on calendar days.",
  },
  { key: "total_return", label: "Total return", kind: "signed", better: "high" },
  {
    key: "max_drawdown",
    label: "Max drawdown",
    kind: "signed",
    better: "high",
    hint: "The largest fall of equity from an earlier high.",
  },
  {
    key: "sharpe",
    label: "Sharpe",
    kind: "ratio",
    better: "high",
    hint: "Mean daily return above the risk-free rate divided by its standard deviation, annualised.",
  },
  {
    key: "win_rate",
    label: "Win rate",
    kind: "percent",
    better: "high",
    hint: "Trades closed with a profit.",
  },
  {
    key: "profit_factor",
    label: "Profit factor",
    kind: "ratio",
    better: "high",
    hint: "Gross profit divided by gross loss. Above 1 is profitable.",
  },
  {
    key: "total_trades",
    label: "Closed trades",
    kind: "count",
    hint: "Positions still open at the end are not counted.",
  },
  { key: "exposure_pct", label: "Exposure", kind: "percent", hint: "Average share of equity invested." },
]

export const GROUPS: FigureGroup[] = [
  {
    title: "Return",
    figures: [
      { key: "net_profit", label: "Net profit", kind: "money", better: "high" },
      { key: "ending_capital", label: "Ending capital", kind: "money", better: "high" },
      { key: "benchmark_cagr", label: "Benchmark CAGR", kind: "signed" },
      {
        key: "alpha",
        label: "Alpha",
        kind: "signed",
        better: "high",
        hint: "Annual return not explained by the benchmark.",
      },
      {
        key: "beta",
        label: "Beta",
        kind: "ratio",
        hint: "Average move of the strategy, in percent, when the benchmark moves by 1%.",
      },
      { key: "best_month", label: "Best month", kind: "signed", better: "high" },
      { key: "worst_month", label: "Worst month", kind: "signed", better: "high" },
      { key: "positive_months_pct", label: "Positive months", kind: "percent", better: "high" },
    ],
  },
  {
    title: "Risk",
    figures: [
      { key: "volatility", label: "Volatility", kind: "percent", better: "low" },
      {
        key: "sortino",
        label: "Sortino",
        kind: "ratio",
        better: "high",
        hint: "Like Sharpe, but counting only downside as risk.",
      },
      {
        key: "calmar",
        label: "Calmar",
        kind: "ratio",
        better: "high",
        hint: "CAGR divided by the maximum drawdown.",
      },
      { key: "max_drawdown_days", label: "Longest drawdown", kind: "days", better: "low" },
      {
        key: "ulcer_index",
        label: "Ulcer index",
        kind: "percent",
        better: "low",
        hint: "Depth and length of drawdowns in one figure.",
      },
      {
        key: "var_95",
        label: "VaR 95",
        kind: "signed",
        better: "high",
        hint: "5% of days are worse than this.",
      },
      {
        key: "cvar_95",
        label: "CVaR 95",
        kind: "signed",
        better: "high",
        hint: "The mean of those 5% of days.",
      },
      {
        key: "deflated_sharpe",
        label: "Deflated Sharpe",
        kind: "ratio",
        better: "high",
        hint: "Probability that the Sharpe ratio is better than chance, given all variants tried.",
      },
    ],
  },
  {
    title: "Trades",
    figures: [
      { key: "avg_win_pct", label: "Average win", kind: "signed", better: "high" },
      { key: "avg_loss_pct", label: "Average loss", kind: "signed", better: "high" },
      {
        key: "payoff_ratio",
        label: "Payoff ratio",
        kind: "ratio",
        better: "high",
        hint: "Average win divided by average loss.",
      },
      {
        key: "expectancy",
        label: "Expectancy",
        kind: "money",
        better: "high",
        hint: "Mean net result per trade.",
      },
      {
        key: "expectancy_r",
        label: "Expectancy (R)",
        kind: "ratio",
        better: "high",
        hint: "In multiples of the risk to the stop.",
      },
      { key: "avg_bars_held", label: "Days held", kind: "ratio" },
      { key: "max_consecutive_losses", label: "Consecutive losses", kind: "count", better: "low" },
      { key: "sqn", label: "SQN", kind: "ratio", better: "high", hint: "System quality number." },
    ],
  },
  {
    title: "Costs and capacity",
    figures: [
      { key: "total_charges", label: "Charges", kind: "money", better: "low" },
      { key: "total_slippage", label: "Slippage", kind: "money", better: "low" },
      { key: "total_dividends", label: "Dividends", kind: "money", better: "high" },
      { key: "charges_pct_of_profit", label: "Charges as % of gross profit", kind: "percent", better: "low" },
      {
        key: "turnover_pct",
        label: "Turnover per year",
        kind: "percent",
        hint: "Half of everything bought and sold, divided by the mean equity, for a year of 252 trading days.",
      },
      {
        key: "capacity_inr",
        label: "Capacity",
        kind: "money",
        hint: "Starting capital up to which nine in ten entries are filled in full.",
      },
      { key: "avg_positions", label: "Average positions", kind: "ratio" },
      { key: "signals_total", label: "Signals", kind: "count" },
      { key: "signals_skipped", label: "Skipped signals", kind: "count" },
      {
        key: "cut_purchases",
        label: "Partially filled entries",
        kind: "count",
        better: "low",
        hint: "Entries reduced by the volume limit.",
      },
      {
        key: "delayed_exits",
        label: "Delayed exits",
        kind: "count",
        better: "low",
        hint: "Exits that took several days because of the volume limit or a lower circuit.",
      },
    ],
  },
]

type Value = number | string | null | undefined

export function figureText(kind: Kind, value: Value): string {
  switch (kind) {
    case "percent":
      return percent(value)
    case "signed":
      return signedPercent(value)
    case "ratio":
      return number(value, 2)
    case "count":
      return number(value)
    case "money":
      return money(value, 0)
    case "days":
      return value === null || value === undefined ? number(null) : `${number(value)} d`
    case "date":
      return date(typeof value === "string" ? value : null)
  }
}

/** The indices of the best values of a row; none if all are equal or no direction is better. */
export function bestOf(values: readonly Value[], better: Figure["better"]): number[] {
  const numbers = values.map((value) => (typeof value === "number" ? value : null))
  const known = numbers.filter((value) => value !== null)
  if (!better || known.length < 2) return []
  const best = better === "high" ? Math.max(...known) : Math.min(...known)
  const found = numbers.flatMap((value, i) => (value === best ? [i] : []))
  return found.length === known.length ? [] : found
}

/** Defaults of a new backtest, and the preset periods. */

import type { RunConfig } from "@tradertape/api/backtest.ts"
import { exact } from "@tradertape/ui/format.ts"
import type { NewBacktest } from "@/lib/queries/backtests"
import type { DataSet } from "@/lib/queries/market"

export interface Fields extends Omit<NewBacktest, "strategy_id" | "data_set" | "universe"> {
  strategy_id: number | null
  data_set: string
  universe: string
  own_symbols: string[]
}

export const OWN_LIST = "own-list"

export const PERIODS = [
  { label: "1 y", years: 1 },
  { label: "3 y", years: 3 },
  { label: "5 y", years: 5 },
  { label: "10 y", years: 10 },
] as const

/** The same date some years earlier, but not before `earliest`. */
export function yearsBefore(end: string, years: number, earliest: string | null): string {
  const year = Number(end.slice(0, 4)) - years
  // 29 February does not exist in most years: use 28 February.
  const rest = end.slice(4) === "-02-29" ? "-02-28" : end.slice(4)
  const start = `${year}${rest}`
  return earliest && start < earliest ? earliest : start
}

export function startingFields(set: DataSet | undefined, strategyId: number | null): Fields {
  const end = set?.last ?? "2026-01-01"
  return {
    strategy_id: strategyId,
    name: "",
    tags: [],
    universe: "nifty_100",
    own_symbols: [],
    data_set: set?.name ?? "",
    start_date: yearsBefore(end, 5, set?.first ?? null),
    end_date: end,
    starting_capital: 1_000_000,
    position_size_pct: 10,
    max_positions: 10,
    max_per_sector: 2,
    slippage_bps: 5,
    participation_pct: 5,
    circuit_limits: true,
    dividends: true,
    benchmark: "NIFTY 50",
    charges: "zerodha_equity_delivery",
    fill_model: "auto",
    intrabar_order: "conservative",
    point_in_time_universe: true,
    sizing: { method: "equal_pct", risk_per_trade_pct: 1 },
    risk_free_pct: 0,
    seed: 0,
  }
}

/** Form values that repeat an earlier run. */
export function fieldsLike(config: RunConfig, base: Fields): Fields {
  const known = Object.fromEntries(
    Object.entries(config).filter(([key, value]) => key in base && value !== null),
  )
  const fields = { ...base, ...known } as Fields
  const isOwn = fields.universe.startsWith("custom:")
  return {
    ...fields,
    charges: typeof fields.charges === "string" ? fields.charges : "none",
    universe: isOwn ? OWN_LIST : fields.universe,
    own_symbols: isOwn ? fields.universe.slice("custom:".length).split(",") : [],
  }
}

export function backtestOf({ own_symbols, ...fields }: Fields): NewBacktest {
  return {
    ...fields,
    strategy_id: fields.strategy_id ?? 0,
    data_set: fields.data_set || null,
    universe: fields.universe === OWN_LIST ? `custom:${own_symbols.join(",")}` : fields.universe,
  }
}

export function checkFields(fields: Fields): Partial<Record<keyof Fields, string>> {
  return {
    ...(fields.strategy_id === null ? { strategy_id: "Choose a strategy" } : {}),
    ...(fields.end_date <= fields.start_date ? { end_date: "The end must be after the start" } : {}),
    ...(fields.universe === OWN_LIST && fields.own_symbols.length === 0
      ? { own_symbols: "Enter at least one stock" }
      : {}),
    ...(fields.starting_capital < 1_000 ? { starting_capital: `At least ${exact.money(1_000, 0)}` } : {}),
    ...(fields.position_size_pct <= 0 || fields.position_size_pct > 100
      ? { position_size_pct: "Above 0, at most 100" }
      : {}),
    ...(!(Number(fields.participation_pct) >= 0 && Number(fields.participation_pct) <= 100)
      ? { participation_pct: "0 to 100" }
      : {}),
    ...(fields.max_positions < 1 || fields.max_positions > 500 ? { max_positions: "1 to 500" } : {}),
  }
}

/** Approximate number of trading days between two dates, for display only. */
export function roughTradingDays(start: string, end: string): number {
  const days = (Date.parse(end) - Date.parse(start)) / 86_400_000
  return Math.max(0, Math.round((days / 365.25) * 248))
}

/** The settings of a run in words, as the form of a new backtest says them. */
import { date, money, words } from "@tradertape/ui/format.ts"
import type { Options } from "@/lib/queries/backtests"

const NAMES: Record<string, string> = {
  start_date: "From",
  end_date: "To",
  data_set: "Prices",
  starting_capital: "Starting capital",
  position_size_pct: "Position size (% of equity)",
  max_positions: "Maximum open positions",
  max_per_sector: "Maximum positions per sector",
  slippage_bps: "Slippage (basis points)",
  participation_pct: "Volume limit (%)",
  fill_model: "Fills",
  intrabar_order: "Stop and target on one day",
  point_in_time_universe: "Historical universe membership",
  risk_free_pct: "Risk-free rate (% per year)",
}

/** The list of the options in which a setting's value has its label. */
const LISTS = {
  charges: "charges",
  fill_model: "fill_models",
  intrabar_order: "intrabar_orders",
} as const

export const settingName = (key: string): string => NAMES[key] ?? words(key)

/** A schedule by its label; charges of one's own by their figures. */
export function chargesText(charges: unknown, options: Options | undefined): string {
  if (charges && typeof charges === "object") {
    const { bps = 0, per_order = 0 } = charges as { bps?: number; per_order?: number }
    return `${bps} basis points and ${money(per_order)} an order`
  }
  return options?.charges.find(({ value }) => value === charges)?.label ?? words(String(charges))
}

function sizingText(sizing: object, options: Options | undefined): string {
  const { method, risk_per_trade_pct } = sizing as { method?: string; risk_per_trade_pct?: number }
  const label = options?.sizing_methods.find(({ value }) => value === method)?.label ?? words(method)
  const takesRisk = method === "risk_pct" || method === "atr"
  return takesRisk ? `${label}, ${risk_per_trade_pct}% of equity a trade` : label
}

export function settingText(key: string, value: unknown, options: Options | undefined): string {
  if (value === null || value === undefined) return "–"
  if (key === "starting_capital" && typeof value === "number") return money(value, 0)
  if (key.endsWith("_date")) return date(String(value))
  if (typeof value === "boolean") return value ? "Yes" : "No"
  if (key === "charges") return chargesText(value, options)
  if (key === "sizing" && typeof value === "object") return sizingText(value, options)
  if (key === "universe" && typeof value === "string") return words(value).toUpperCase()
  if (Array.isArray(value)) return value.join(", ")
  const list = LISTS[key as keyof typeof LISTS]
  const label = list && options?.[list].find((one) => one.value === value)?.label
  return label ?? (typeof value === "object" ? JSON.stringify(value) : String(value))
}

/** Words for what happens to signals and positions of model portfolios. */
import { words } from "@tradertape/ui/format.ts"

const SKIPPED: Record<string, string> = {
  rules: "Entry rules or filters did not hold",
  signal: "Became a signal",
  max_positions: "All position slots are taken",
  sector_cap: "The sector has its most positions",
  no_capital: "Not enough free cash",
  cooldown: "Sold recently: cooldown",
  already_open: "Held or proposed already",
  no_bar: "No candle on the next day",
  regime: "The market regime blocks entries",
  min_conviction: "Below the minimum conviction",
  not_triggered: "The price was not reached",
  less_than_one_share: "One share costs more than the position",
  no_volume: "Not enough volume",
  circuit: "At its circuit limit",
  liquidity: "Too little turnover",
  no_atr: "No ATR to size the position with",
  paused: "The portfolio is paused",
  late: "Scanned too late: its day is over",
}

/** Why a symbol was a signal or not, in words. */
export const reasonText = (reason: string): string => SKIPPED[reason] ?? words(reason)

/** Why a position was sold: "exit_rule:rsi_overbought" is "Rule: rsi overbought". */
export function exitText(reason: string | null | undefined): string {
  if (!reason) return "–"
  const [kind, rule] = reason.split(":")
  if (rule) return `Rule: ${words(rule).toLowerCase()}`
  return words(kind)
}

const STAGES: Record<string, string> = {
  pending_approval: "Waits for approval",
  in_cart: "In the cart",
  placed: "Order placed",
  triggered: "Triggered",
  filled: "Bought",
}

/** Where a signal is, in words. */
export const stageText = (stage: string): string => STAGES[stage] ?? words(stage)

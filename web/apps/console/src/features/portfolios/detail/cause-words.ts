import { words } from "@tradertape/ui/format.ts"

const CAUSES: Record<string, string> = {
  slippage: "Slippage: other prices than the candles'",
  missed_trigger: "Missed triggers: orders not filled, or later",
  skipped: "Skipped: signals rejected, cancelled or left",
  late_approval: "Late approval: after the backtest had bought",
  charges: "Charges",
  size: "Other quantities",
  exits: "Sold on another day",
  room: "Room: money and positions were taken otherwise",
  outside: "Signals from outside the strategy",
  other: "Money of no trade",
}

/** Why a portfolio's equity is another than its backtest's, in words. */
export const causeText = (cause: string): string => CAUSES[cause] ?? words(cause)

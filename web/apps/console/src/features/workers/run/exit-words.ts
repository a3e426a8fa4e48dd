import { count, exact } from "@tradertape/ui/format.ts"
import type { OptionEntryPreview } from "@/lib/queries/option-runs"
import type { ExitPlanOut, Market } from "@/lib/queries/workers"
import { MARKET_WORDS } from "../words"

/** "Exit 2 positions · ₹1,48,200 · PAPER": the label of the exit button, with value and mode. */
export function exitVerb({ close, cancel, value }: ExitPlanOut, market: Market): string {
  const mode = MARKET_WORDS[market]
  if (close.length > 0) {
    const worth = value === null ? "value unknown" : exact.money(value, 0)
    return `Exit ${count(close.length, "position")} · ${worth} · ${mode}`
  }
  if (cancel.length > 0) return `Cancel ${count(cancel.length, "order")} and close · ${mode}`
  return `Close the run · ${mode}`
}

/** "Place 2 orders · needs ₹64,300 · PAPER": the label of the entry button. */
export function enterVerb({ preview }: Pick<OptionEntryPreview, "preview">, market: Market): string {
  const needs = preview.cost_contract?.margin_required
  const parts = [`Place ${count(preview.basket.orders.length, "order")}`]
  if (needs != null) parts.push(`needs ${exact.money(needs, 0)}`)
  return [...parts, MARKET_WORDS[market]].join(" · ")
}

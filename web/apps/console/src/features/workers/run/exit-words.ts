import { count, money } from "@tradertape/ui/format.ts"
import type { ExitPlanOut } from "@/lib/queries/workers"
import { MODE_WORDS } from "../words"

/** "Exit 2 positions · ₹1,48,200 · PAPER": what the button will do, with its value and its mode. */
export function exitVerb({ close, cancel, value, execution_mode }: ExitPlanOut): string {
  const mode = MODE_WORDS[execution_mode]
  if (close.length > 0) {
    const worth = value === null ? "value unknown" : money(value, 0)
    return `Exit ${count(close.length, "position")} · ${worth} · ${mode}`
  }
  if (cancel.length > 0) return `Cancel ${count(cancel.length, "order")} and close · ${mode}`
  return `Close the run · ${mode}`
}

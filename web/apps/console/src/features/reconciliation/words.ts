import type { Correction, Difference, Reconciliation } from "@/lib/queries/reconciliation"

export const CAUSES: Record<Difference["classification"], string> = {
  manual_buy: "Bought elsewhere",
  manual_sell: "Sold elsewhere",
  external_trade: "Traded elsewhere",
  missed_fill: "Missed fill",
  phantom_fill: "Fill the broker does not have",
  partial_fill: "Partial fill missed",
  duplicate_fill: "Fill booked twice",
  corporate_action: "Split or bonus",
  unsettled_t1: "Not settled yet",
  pledged_or_mtf: "Pledged or margin funded",
  symbol_change: "Symbol changed",
  pre_existing: "From before TraderTape",
  broker_lag: "Broker not up to date yet",
  unknown: "Unknown",
}

export const DONE: Record<Correction["action"], string> = {
  adopt: "Adopted",
  write_off: "Wrote off",
  apply_corporate_action: "Applied a split or bonus of",
}

const ADVICE: Record<Difference["suggested"]["action"], string> = {
  wait: "Wait for the next reading",
  ignore: "Ignore it if you know of it",
  apply_corporate_action: "Check the ratio and the ex date, then apply it",
  read_orders: "Look at the order: its book is read again by itself",
  review: "Compare with your broker's order book",
}

/** What to do about a difference; uploaded trades that explain it are the better advice. */
export function adviceOf({ trades, difference, can_import_tradebook, suggested }: Difference): string {
  if (trades?.length)
    return `${difference > 0 ? "Adopt" : "Write off"} the units at the price of these trades`
  if (can_import_tradebook && suggested.action === "review")
    return "Import the tradebook of these days: it shows what was traded"
  return ADVICE[suggested.action]
}

export const STATES: Record<Reconciliation["status"], { label: string; color: string }> = {
  ok: { label: "Agrees", color: "green" },
  drift: { label: "Differs", color: "red" },
  stale: { label: "Outdated", color: "yellow" },
  broker_unavailable: { label: "Broker not read", color: "yellow" },
  not_checked: { label: "Not compared yet", color: "gray" },
}

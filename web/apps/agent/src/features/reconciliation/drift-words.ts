import type { Drift, Reconciliation } from "@/lib/types"

export const STATUS: Record<Reconciliation["status"], string> = {
  ok: "No drift",
  drift: "The broker and the cloud differ",
  stale: "Not compared yet",
  broker_unavailable: "The broker does not answer: the last comparison is shown",
}

const CAUSES: Record<string, string> = {
  manual_buy: "Bought outside TraderTape",
  manual_sell: "Sold outside TraderTape",
  missed_fill: "A fill that the cloud missed",
  phantom_fill: "The cloud counts a fill that the broker does not have",
  partial_fill: "A partial fill",
  corporate_action: "A split or bonus",
  unsettled_t1: "Bought yesterday, not settled yet",
  pledged_or_mtf: "Pledged, or on margin funding",
  symbol_change: "The symbol changed",
  pre_existing: "Held before TraderTape",
  duplicate_fill: "A fill that was counted twice",
  broker_lag: "The broker lags behind",
  unknown: "Cause not known",
}

export const causeOf = ({ classification }: Drift) =>
  CAUSES[classification] ?? classification.replace(/_/g, " ")

const STEPS: Record<string, string> = {
  wait: "Wait: it settles by itself.",
  ignore: "Ignore it, or adopt it if it is yours to count: it was not bought through TraderTape.",
  apply_corporate_action:
    "Apply the corporate action, under Reconciliation in the console; or count the units here.",
  read_orders: "Compare now, so that the broker's orders are read again.",
  review:
    "Look at the orders in your broker's app first. Then count the units as they are, place a corrective order, or ignore the difference.",
}

/** What to do about it; nothing of it is done by itself. */
export function stepOf({ suggested }: Drift): string {
  const step = STEPS[suggested.action] ?? suggested.action.replace(/_/g, " ")
  return suggested.ratio ? `${step} Ratio ${suggested.ratio}.` : step
}

/** Where the cloud's record itself must change, which only the console can do. */
export const needsConsole = ({ suggested }: Drift) => suggested.action === "apply_corporate_action"

/** A scanned day as a funnel: what was looked at, what passed, and what became a signal. */
import { reasonText } from "@/components/models/words"
import type { ScannedDay } from "@/lib/queries/models"

export interface Stage {
  key: "evaluated" | "matched" | "allowed" | "signals"
  title: string
  count: number
  /** What was lost on the way to the next stage, most first. */
  lost: { reason: string; text: string; count: number }[]
}

/** Reasons that stop a candidate whatever the portfolio holds; all others are the portfolio's own limits. */
const FILTERS = new Set([
  "regime",
  "min_conviction",
  "liquidity",
  "no_atr",
  "no_bar",
  "no_volume",
  "circuit",
  "paused",
])

type Counts = Pick<ScannedDay, "evaluated" | "insufficient_data" | "reasons">

/** Evaluated → rules hold → allowed by the filters → signals, with the reasons between them. */
export function funnelOf({ reasons, evaluated, insufficient_data }: Counts): Stage[] {
  const entries = Object.entries(reasons)
  const lost = (isOf: (reason: string) => boolean) =>
    entries
      .filter(([reason]) => isOf(reason))
      .map(([reason, count]) => ({ reason, text: reasonText(reason), count }))
      .sort((a, b) => b.count - a.count)
  const total = (rows: readonly { count: number }[]) => rows.reduce((sum, { count }) => sum + count, 0)
  const isRule = (reason: string) => reason === "rules"
  const isFilter = (reason: string) => FILTERS.has(reason)
  const isLimit = (reason: string) => !isRule(reason) && !isFilter(reason) && reason !== "signal"
  const signals = reasons.signal ?? 0
  const limits = lost(isLimit)
  const filters = lost(isFilter)
  const rules = lost(isRule)
  const unmet = total(rules) - insufficient_data
  const allowed = signals + total(limits)
  const matched = allowed + total(filters)
  return [
    {
      key: "evaluated",
      title: "Evaluated",
      count: evaluated,
      lost: [
        { reason: "rules", text: reasonText("rules"), count: Math.max(0, unmet) },
        { reason: "insufficient_data", text: "Not enough history", count: insufficient_data },
      ].filter(({ count }) => count > 0),
    },
    { key: "matched", title: "Entry rules hold", count: matched, lost: filters },
    { key: "allowed", title: "Allowed by filters", count: allowed, lost: limits },
    { key: "signals", title: "Signals", count: signals, lost: [] },
  ]
}

import { date, money, number, percent } from "@tradertape/ui/format.ts"
import { symbolOf } from "@/lib/instrument"
import type { OptionRunCard, OptionStatus } from "@/lib/queries/option-runs"
import type { Step } from "@/lib/queries/workers"
import { resultWords, ruleWords, seconds } from "./words"

interface StatusWords {
  label: string
  color: string
  /** What the state means, and what comes next. */
  meaning: string
}

const STATUS: Record<OptionStatus, StatusWords> = {
  created: {
    label: "Not entered",
    color: "gray",
    meaning: "Nothing is placed yet. All legs go out as one basket when its worker enters it, or you do.",
  },
  entering: {
    label: "Entering",
    color: "yellow",
    meaning: "A leg rests at the venue. The run is entered once it fills; its protection is armed then.",
  },
  entered: { label: "Entered", color: "green", meaning: "Every leg is filled and guarded as one." },
  partial: {
    label: "Partly entered",
    color: "red",
    meaning: "A leg is missing while others stand. What stands is guarded; exit it or complete it by hand.",
  },
  unwound: {
    label: "Unwound",
    color: "yellow",
    meaning: "A leg was refused, so the others were reversed at once. It may be entered again.",
  },
  rejected: {
    label: "Entry refused",
    color: "red",
    meaning: "No leg was filled. The timeline says why; it may be entered again.",
  },
  dry_run: { label: "Dry run", color: "gray", meaning: "The entry was recorded and never sent." },
  flat: { label: "Flat", color: "gray", meaning: "Every leg is closed; the run itself is still open." },
  exiting: {
    label: "Exiting",
    color: "yellow",
    meaning: "Shorts are bought back first, then what is long is sold.",
  },
  exited: { label: "Exited", color: "gray", meaning: "Every leg was closed, and the run with them." },
  closed: { label: "Closed", color: "gray", meaning: "The run ended without an entry." },
}

export function statusWords(status: string): StatusWords {
  return STATUS[status as OptionStatus] ?? { label: status, color: "gray", meaning: "" }
}

interface Leg {
  side: string
  quantity: number
  option_type: string | null
  strike: number | null
  instrument: string
}

/** "Sell 65 × 23,700 CE": a leg in a breath; the run's underlying and expiry stand elsewhere. */
export function legWords({ side, quantity, option_type, strike, instrument }: Leg): string {
  const what = strike === null ? symbolOf(instrument) : `${number(strike)} ${option_type ?? ""}`.trim()
  return `${side === "BUY" ? "Buy" : "Sell"} ${number(quantity)} × ${what}`
}

/** "NIFTY 1 Dec 2026": what the run is about. */
export function aboutWords({ underlying, expiry }: Pick<OptionRunCard, "underlying" | "expiry">): string {
  return `${underlying} ${date(expiry)}`
}

/** "Received ₹89.45 a unit" or "Paid ₹12.00 a unit". */
export function entryWords(perUnit: number): string {
  return `${perUnit < 0 ? "Received" : "Paid"} ${money(Math.abs(perUnit))} a unit`
}

/** What closing now would do to the premium: a credit is bought back, a debit is sold. */
export function nowWords(perUnit: number | null): string {
  if (perUnit === null) return "no price now"
  return `${perUnit < 0 ? "costs" : "brings"} ${money(Math.abs(perUnit))} to close now`
}

const BASIS = { entry_value: "entry value", premium: "net premium" }

/** Where a rule acts, in its own measure. */
export function levelWords(step: Step): string {
  if (step.level == null) return ""
  if (!step.rule.startsWith("basket")) return number(step.level, 2)
  const share = `${percent(step.level, 2)} of ${BASIS[step.basis ?? "entry_value"]}`
  return step.amount == null ? share : `${resultWords(step.amount)}, ${share}`
}

/** How far it is from acting. */
export function awayWords(step: Step): string {
  if (step.rule === "mis_squareoff") return "before the market's own"
  if (step.rule === "worker_stale")
    return step.in_sec == null ? "" : `after ${seconds(step.in_sec)} more of silence`
  if (step.away != null) return `${money(step.away, 0)} away`
  return step.distance_pct == null ? "no price now" : `${percent(step.distance_pct, 2)} away`
}

/** What happens when a rule acts. */
export function thenWords(step: Step, isOption: boolean): string {
  if (step.rule === "mis_squareoff") return "Closes intraday positions"
  if (step.rule === "worker_stale") return "Cancels orders, closes everything, ends the run"
  if (step.rule.startsWith("basket"))
    return isOption ? "Closes all legs, shorts first, and the run" : "Closes every protected position"
  return `Closes ${symbolOf(step.instrument)} at market`
}

/** The rule's name with its instrument, where it has one. */
export function nameWords(step: Step): string {
  const name = ruleWords(step.rule)
  return step.instrument ? `${name} of ${symbolOf(step.instrument)}` : name
}

export const ARMED_BY_ENTRY = "Arms its protection once it is entered"

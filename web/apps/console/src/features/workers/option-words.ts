import { date, money, number, percent, price, unitPrice, quantity as units } from "@tradertape/ui/format.ts"
import { symbolOf } from "@/lib/instrument"
import type { OptionRunCard, OptionStatus } from "@/lib/queries/option-runs"
import type { Step } from "@/lib/queries/workers"
import { resultWords, ruleWords, seconds } from "./words"

interface StatusWords {
  label: string
  color: string
  /** What the state means and what happens next. */
  meaning: string
}

const STATUS: Record<OptionStatus, StatusWords> = {
  created: {
    label: "Not entered",
    color: "gray",
    meaning: "No orders placed yet. All legs are sent as one basket when the worker, or you, enter the run.",
  },
  entering: {
    label: "Entering",
    color: "yellow",
    meaning:
      "A leg is still open at the venue. Once it fills, the run is entered and its protection is armed.",
  },
  entered: { label: "Entered", color: "green", meaning: "All legs are filled and protected together." },
  partial: {
    label: "Partly entered",
    color: "red",
    meaning:
      "Some legs are open and one is missing. The open legs are protected; exit the run or complete it manually.",
  },
  unwound: {
    label: "Unwound",
    color: "yellow",
    meaning: "A leg was rejected, so the others were reversed at once. The run can be entered again.",
  },
  rejected: {
    label: "Entry rejected",
    color: "red",
    meaning: "No leg was filled. The timeline shows the reason; the run can be entered again.",
  },
  dry_run: { label: "Dry run", color: "gray", meaning: "The entry was recorded, not sent." },
  flat: { label: "Flat", color: "gray", meaning: "All legs are closed; the run itself is still open." },
  exiting: {
    label: "Exiting",
    color: "yellow",
    meaning: "Short legs are bought back first, then long legs are sold.",
  },
  exited: { label: "Exited", color: "gray", meaning: "All legs and the run are closed." },
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

/** "Sell 65 × 23,700 CE": a short description of a leg, without underlying and expiry. */
export function legWords({ side, quantity, option_type, strike, instrument }: Leg): string {
  const what = strike === null ? symbolOf(instrument) : `${number(strike)} ${option_type ?? ""}`.trim()
  return `${side === "BUY" ? "Buy" : "Sell"} ${units(quantity)} × ${what}`
}

/** "NIFTY 1 Dec 2026": underlying and expiry of the run. */
export function aboutWords({ underlying, expiry }: Pick<OptionRunCard, "underlying" | "expiry">): string {
  return `${underlying} ${date(expiry)}`
}

/** "Received ₹89.45 per unit" or "Paid ₹12.00 per unit". */
export function entryWords(perUnit: number): string {
  return `${perUnit < 0 ? "Received" : "Paid"} ${unitPrice(Math.abs(perUnit))} per unit`
}

/** What closing now would cost or bring: a credit is bought back, a debit is sold. */
export function nowWords(perUnit: number | null): string {
  if (perUnit === null) return "no current price"
  return `${perUnit < 0 ? "costs" : "brings"} ${unitPrice(Math.abs(perUnit))} to close now`
}

const BASIS = { entry_value: "entry value", premium: "net premium" }

/** The level at which a rule acts, in its own unit. */
export function levelWords(step: Step): string {
  if (step.level == null) return ""
  if (!step.rule.startsWith("basket")) return price(step.level)
  const share = `${percent(step.level, 2)} of ${BASIS[step.basis ?? "entry_value"]}`
  return step.amount == null ? share : `${resultWords(step.amount)}, ${share}`
}

/** How far the rule is from acting. */
export function awayWords(step: Step): string {
  if (step.rule === "mis_squareoff") return "before the broker's square-off"
  if (step.rule === "worker_stale")
    return step.in_sec == null ? "" : `after ${seconds(step.in_sec)} more without a heartbeat`
  if (step.away != null) return `${money(step.away, 0)} away`
  return step.distance_pct == null ? "no current price" : `${percent(step.distance_pct, 2)} away`
}

/** What happens when the rule acts. */
export function thenWords(step: Step, isOption: boolean): string {
  if (step.rule === "mis_squareoff") return "Closes intraday positions"
  if (step.rule === "worker_stale") return "Cancels orders, closes all positions and the run"
  if (step.rule.startsWith("basket"))
    return isOption ? "Closes all legs, short legs first, and the run" : "Closes every protected position"
  return `Closes ${symbolOf(step.instrument)} at market`
}

/** The rule's name, with its instrument if it has one. */
export function nameWords(step: Step): string {
  const name = ruleWords(step.rule)
  return step.instrument ? `${name} of ${symbolOf(step.instrument)}` : name
}

export const ARMED_BY_ENTRY = "Protection is armed on entry"

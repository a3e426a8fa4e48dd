import { count, instant, money, number, percent, price, words } from "@tradertape/ui/format.ts"
import { symbolOf } from "@/lib/instrument"
import type {
  Market,
  Mode,
  ProtectionSnapshot,
  RunCard,
  RunLeg,
  RunPulse,
  Step,
  SummaryField,
} from "@/lib/queries/workers"

export const MODE_WORDS: Record<Mode, string> = { dry_run: "DRY RUN", paper: "PAPER", live: "LIVE" }

export const MARKET_WORDS: Record<Market, string> = { ...MODE_WORDS, sandbox: "SANDBOX" }

/** Where a run's orders go: a live run on an account of the sandbox moves no real money. */
export const marketOf = ({
  execution_mode,
  environment,
}: Pick<RunCard, "execution_mode" | "environment">): Market =>
  execution_mode === "live" && environment === "sandbox" ? "sandbox" : execution_mode

const RULES: Record<string, string> = {
  position_stoploss: "Stop",
  position_target: "Target",
  position_trailing_stoploss: "Trailing stop",
  basket_stoploss: "Basket stop",
  basket_target: "Basket target",
  basket_trailing: "Basket trailing stop",
  worker_stale: "No heartbeat",
  mis_squareoff: "Intraday square-off",
}

export function ruleWords(rule: string): string {
  return RULES[rule] ?? words(rule)
}

/** 95 → "1 min 35 s". */
export function seconds(value: number): string {
  if (value < 60) return `${value} s`
  if (value < 3_600)
    return `${Math.floor(value / 60)} min${value % 60 && value < 600 ? ` ${value % 60} s` : ""}`
  return `${Math.floor(value / 3_600)} h ${Math.floor((value % 3_600) / 60)} min`
}

/** "Stop of NSE:INFY at 1,470.00, 1.0% away": the next action of the protection. */
export function stepWords(step: Step): string {
  const what = ruleWords(step.rule)
  if (step.rule === "worker_stale")
    return step.in_sec == null
      ? `${what}: exits the run`
      : `Exits the run after ${seconds(step.in_sec)} more without a heartbeat`
  if (step.rule === "mis_squareoff") return "Closes intraday positions before the broker's square-off"
  if (step.level == null) return what
  if (step.rule.startsWith("basket")) {
    const basis = step.basis === "premium" ? "net premium" : "entry value"
    const share = `${percent(step.level, 2)} of ${basis}`
    if (step.amount != null && step.away != null)
      return `${what} at ${resultWords(step.amount)} (${share}), ${money(step.away, 0)} away`
    const away = step.distance_pct == null ? "" : `, ${number(step.distance_pct, 2)} points away`
    return `${what} at ${share}${away}`
  }
  const away = step.distance_pct == null ? "" : `, ${percent(step.distance_pct, 2)} away`
  return `${what} of ${symbolOf(step.instrument)} at ${price(step.level)}${away}`
}

export const CLOSED = "None: the run is closed"

/** The text where no rule will act next: no open position, or an unprotected one. */
export function idleWords({
  status: runStatus,
  protection_status: status,
  position_count,
}: Pick<RunPulse, "status" | "protection_status" | "position_count">): string {
  if (runStatus === "closed") return CLOSED
  if (!["unarmed", "armed", "done"].includes(status)) return `Protection ${words(status).toLowerCase()}`
  if (position_count > 0) return `${count(position_count, "position")} unprotected`
  return status === "armed" ? "Protection armed, no open position" : "No open position"
}

/** The state of a protection. One that was still armed when its run closed has ended with it. */
export function protectionWords(status: string, isOver: boolean): string {
  return isOver && ["armed", "triggered", "exiting"].includes(status) ? "Ended with the run" : words(status)
}

/** The rule that will act on a leg first; undefined if it is unprotected. */
export function protectingRule(
  leg: Pick<RunLeg, "instrument" | "product">,
  steps: readonly Step[],
  protection: ProtectionSnapshot | null,
): Step | undefined {
  const own = protection?.legs.find(
    ({ instrument, product, status }) =>
      instrument === leg.instrument && product === leg.product && status !== "done",
  )
  const isInBasket = protection?.legs.length === 0 || own !== undefined
  return steps.find(({ rule, instrument }) => {
    if (instrument != null) return own !== undefined && instrument === leg.instrument
    if (rule.startsWith("basket")) return isInBasket
    return rule === "mis_squareoff" ? leg.product === "MIS" : rule === "worker_stale"
  })
}

/** "a loss of ₹4,000": a word rather than a minus sign, which could be split from its amount at a line break. */
export function resultWords(amount: number): string {
  return `a ${amount < 0 ? "loss" : "profit"} of ${money(Math.abs(amount), 0)}`
}

export interface HealthWords {
  tone: "good" | "warn" | "bad" | "plain"
  text: string
}

const SESSION: Record<string, string> = {
  unclaimed: "no session",
  claimed: "session active",
  stale: "session expired",
  released: "session released",
}

/** The liveness of a run's worker. */
export function healthWords({ health, status }: Pick<RunPulse, "health" | "status">): HealthWords {
  if (status === "closed") return { tone: "plain", text: "Finished" }
  const { health_status, heartbeat_age_sec, session_status } = health
  const session = SESSION[session_status] ?? words(session_status).toLowerCase()
  if (heartbeat_age_sec === null)
    return {
      tone: "plain",
      text: session_status === "unclaimed" ? "No heartbeat yet" : `No heartbeat, ${session}`,
    }
  const age = seconds(heartbeat_age_sec)
  if (session_status === "released") return { tone: "plain", text: `Worker stopped ${age} ago` }
  if (health_status === "healthy") return { tone: "good", text: `Worker alive, ${age} ago` }
  return { tone: health_status === "dead" ? "bad" : "warn", text: `No heartbeat for ${age}` }
}

const ORDER_STATES = new Map([
  ["PUT ORDER REQ RECEIVED", "Sent"],
  ["AMO REQ RECEIVED", "Pending market open"],
  ["MODIFY AMO REQ RECEIVED", "Pending market open"],
  ["TRIGGER PENDING", "Trigger pending"],
  ["CANCEL PENDING", "Cancelling"],
  ["CANCELLED AMO", "Cancelled"],
])

/** The exchange's order status in plain words; a dry run's order is complete without being sent. */
export function orderState(status: string, isDryRun = false): string {
  if (isDryRun && status === "COMPLETE") return "Recorded, not sent"
  return ORDER_STATES.get(status) ?? words(status)
}

const ATTENTION: Record<string, string> = {
  halted: "Halted",
  error: "Stopped with an error",
  recovering: "Recovering",
  protection_failed: "Exit failed",
  reconciliation_required: "Reconciliation required",
  broker_differs: "Differs at the broker",
  basket_broken: "Basket incomplete",
  set_aside: "Action failed",
  worker_silent: "No heartbeat",
  prices_stale: "Stale prices",
}

export function attentionWords(code: string): string {
  return ATTENTION[code] ?? words(code)
}

/** Metrics of the last heartbeat that are not already summary fields. */
export function furtherMetrics(
  fields: { path?: string }[],
  metrics: Record<string, unknown>,
): [string, unknown][] {
  const shown = new Set(fields.map(({ path }) => path))
  return Object.entries(metrics).filter(([key]) => !shown.has(`heartbeat.metrics.${key}`))
}

/** A summary field in the format set by its worker. */
export function summaryValue({ value, format }: SummaryField): string {
  if (value === null || value === undefined || value === "") return "–"
  if (typeof value === "boolean") return value ? "Yes" : "No"
  if (typeof value === "object") return JSON.stringify(value)
  if (format === "time" && typeof value === "string" && !Number.isNaN(Date.parse(value)))
    return instant(value)
  const isFigure =
    typeof value === "number" ||
    (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)))
  if (!isFigure) return String(value)
  const figure = value as number | string
  switch (format) {
    case "inr":
      return money(figure)
    case "pct":
      return percent(figure, 2)
    case "int":
      return number(figure)
    case "number":
      return number(figure, 2)
    default:
      return String(value)
  }
}

const TONES = new Map([
  ["gain", "tt-gain"],
  ["positive", "tt-gain"],
  ["loss", "tt-loss"],
  ["negative", "tt-loss"],
  ["warn", "tt-warn"],
  ["warning", "tt-warn"],
  ["muted", "tt-muted"],
])

/** The colour class of a summary field; `signed` colours by the sign. An unknown tone has none. */
export function summaryTone({ value, tone }: SummaryField): string | undefined {
  if (tone !== "signed") return TONES.get(tone ?? "")
  const figure = typeof value === "boolean" ? 0 : Number(value ?? 0)
  return figure > 0 ? "tt-gain" : figure < 0 ? "tt-loss" : undefined
}

/** "The market is closed (market_closed)" → its sentence and its code. */
export function reasonParts(reason: string): { sentence: string; code: string } {
  const found = /^(.*) \(([a-z_]+)\)$/.exec(reason)
  return found ? { sentence: found[1] ?? reason, code: found[2] ?? "" } : { sentence: reason, code: "" }
}

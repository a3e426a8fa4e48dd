import { type exact, money, quantity, unitPrice } from "@tradertape/ui/format.ts"
import type { Environment, Intent, Leg, OrderPreview, PrivacyMode, Signal } from "./types"

/** "SANDBOX" or "LIVE", as every button that moves money says. */
export const environmentWord = (environment: Environment) => (environment === "live" ? "LIVE" : "SANDBOX")

/** How figures are written: `exact` in what is about to be sent, which discreet mode does not hide. */
export type Written = Pick<typeof exact, "money" | "quantity">

export const HIDING: Written = { money, quantity }

const verb = (side: Signal["side"]) => (side === "SELL" ? "Sell" : "Buy")

/** "Buy 10 at ₹160.50 or better when the price reaches ₹160.00". */
export function legWords(side: Signal["side"], leg: Leg, write: Written = HIDING): string {
  const what = `${verb(side)} ${write.quantity(leg.quantity)}`
  const price = leg.price === null ? "at the market" : `at ${unitPrice(leg.price)} or better`
  return leg.trigger === null
    ? `${what} ${price}`
    : `${what} ${price} when the price reaches ${unitPrice(leg.trigger)}`
}

/** "GTT for ₹1,605.00": what one approval places. */
export function totalWords(order: OrderPreview, write: Written = HIDING): string {
  const kind = order.kind === "gtt" ? "GTT" : "order"
  const amounts = order.legs.map(({ amount }) => amount).filter((one) => one !== null)
  const largest = amounts.reduce((most, one) => (Number(one) > Number(most) ? one : most), amounts[0] ?? null)
  if (largest === null) return `${kind} at the market`
  const about = order.legs.some(({ price }) => price === null) ? "about " : ""
  return `${kind} for ${about}${write.money(largest)}`
}

/** "After the fill a stop is placed, 5% below its price." */
export const stopWords = (percent: string) =>
  `After the fill a stop is placed at the broker, ${Number(percent)}% below the price paid.`

const STATES: Record<Intent["state"], string> = {
  sending: "being sent",
  resting: "waiting at the broker",
  triggered: "triggered",
  filled: "filled",
  ended: "ended",
  unclear: "unclear",
}

/** Whether it is the stop that the agent adds after a fill. */
export const isStop = ({ key }: Intent) => key.endsWith(":stop")

/** "GTT waiting at the broker, 0 of 10 filled". */
export function intentWords(intent: Intent): string {
  const kind = isStop(intent) ? "Stop" : intent.kind === "gtt" ? "GTT" : "Order"
  const price = intent.filled > 0 ? ` at ${unitPrice(intent.average_price)}` : ""
  return `${kind} ${STATES[intent.state]}, ${quantity(intent.filled)} of ${quantity(intent.quantity)} filled${price}`
}

export interface Progress {
  text: string
  tone: "iris" | "yellow" | "green" | "red" | "gray"
}

/** How far a signal is, in two words. */
export function progressOf(signal: Signal): Progress {
  if (signal.state === "waiting") return decidedOf(signal)
  if (signal.waits_in_cloud) return { text: "Approved, waits", tone: "yellow" }
  const states = signal.intents.map(({ state }) => state)
  if (states.includes("unclear")) return { text: "Look at the broker", tone: "red" }
  if (states.includes("filled")) return { text: "Filled", tone: "green" }
  if (states.includes("triggered")) return { text: "Triggered", tone: "iris" }
  if (states.includes("resting")) return { text: "At the broker", tone: "iris" }
  if (states.includes("sending")) return { text: "Being sent", tone: "yellow" }
  if (signal.decision === "rejected") return { text: "Rejected", tone: "gray" }
  return { text: "Ended", tone: "gray" }
}

function decidedOf({ decision, can_decide }: Signal): Progress {
  if (decision === "approved") return { text: "Approved", tone: "iris" }
  if (decision === "rejected") return { text: "Rejected", tone: "gray" }
  return can_decide ? { text: "Waits for you", tone: "yellow" } : { text: "Waits", tone: "gray" }
}

const MODES: Record<PrivacyMode, string> = {
  off: "Off: the cloud sees real figures",
  relative: "Relative: quantities and amounts are scaled",
  coarse: "Coarse: the cloud sees rounded percentages",
  sealed: "Sealed: holdings are encrypted on this machine",
  seed_literal: "Literal: prices are scaled too",
}

export const privacyWords = (mode: PrivacyMode) => MODES[mode]

/** A conviction score, from 0 to 100, as the console has it. */
export const convictionWords = (score: string): string => `${Math.round(Number(score))} of 100`

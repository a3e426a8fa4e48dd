import { count, money, number } from "@tradertape/ui/format.ts"
import { environmentWord } from "./order-words"
import type { Candidate, CorrectionKind, Doubt, Drift, Environment, Outcome, Proposal } from "./types"

const size = ({ difference }: Drift) => number(Math.abs(difference))
const verb = (side: "BUY" | "SELL") => (side === "SELL" ? "Sell" : "Buy")

/** What a button says: the act and how many. */
export const actionWords: Record<CorrectionKind | "corrective_order", (drift: Drift) => string> = {
  adopt: (drift) => `Adopt ${size(drift)}`,
  write_off: (drift) => `Write off ${size(drift)}`,
  corrective_order: (drift) => `${drift.difference > 0 ? "Sell" : "Buy"} ${size(drift)}`,
}

/** What an adoption or a write-off changes, and what it leaves alone. */
export function correctionEffect(drift: Drift): string {
  return `The agent expects ${number(drift.broker_qty)} of ${drift.symbol} from the next comparison on, instead of ${number(drift.cloud_qty)}.`
}

/** "Sell 5 NSE:TCS at the market, with protection" or "... at ₹3,300.00 or better". */
export function proposalWords(order: Proposal): string {
  const price =
    order.limit_price === null ? "at the market, with protection" : `at ${money(order.limit_price)} or better`
  return `${verb(order.side)} ${number(order.quantity)} ${order.symbol} (${order.product}) ${price}`
}

/** "Sell 5 for about ₹16,500.00 · SANDBOX": what the last button does. */
export function proposalVerb(order: Proposal, environment: Environment): string {
  const about = order.limit_price === null ? "about " : ""
  const value = order.value === null ? "at the market" : `for ${about}${money(order.value)}`
  return `${verb(order.side)} ${number(order.quantity)} ${value} · ${environmentWord(environment)}`
}

/** "Trigger 12: buy 10 at ₹160.50 when the price reaches ₹160.00". */
export function candidateWords(one: Candidate, side: "BUY" | "SELL"): string {
  const prices = one.limit_prices.map((price) => money(price)).join(" / ")
  const triggers = one.trigger_prices.map((price) => money(price)).join(" / ")
  return `Trigger ${one.venue_id}: ${verb(side).toLowerCase()} ${number(one.quantity)} at ${prices} when the price reaches ${triggers}`
}

export const OUTCOMES: Record<Outcome, string> = {
  placed: "This trigger is mine",
  absent: "It never reached the broker",
  filled: "It was filled",
  not_filled: "It ended without a fill",
}

/** What the agent does after a person's word on an order in doubt. */
export function outcomeEffect(doubt: Doubt, outcome: Outcome): string {
  const units = count(doubt.quantity, "unit")
  switch (outcome) {
    case "placed":
      return `The agent follows this trigger from now on as its order for ${units}.`
    case "absent":
      return `The order counts as failed, with 0 of ${units} filled. If it did reach the broker, its fill shows as a difference later.`
    case "filled":
      return `The order counts as filled with what you enter, at most ${units}, and its position opens or closes by it.`
    case "not_filled":
      return `The order counts as cancelled, with 0 of ${units} filled.`
  }
}

/** An average price in rupees, or none: what the agent's own check accepts. */
export const isPrice = (text: string) => /^\d+(\.\d{1,4})?$/.test(text) && Number(text) > 0

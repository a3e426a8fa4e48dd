import { exact, unitPrice } from "@tradertape/ui/format.ts"
import { environmentWord, HIDING, type Written } from "./order-words"
import type { Candidate, CorrectionKind, Doubt, Drift, Environment, Outcome, Proposal } from "./types"

const verb = (side: "BUY" | "SELL") => (side === "SELL" ? "Sell" : "Buy")

/** What a button says: the act and how many. */
export function actionWords(
  act: CorrectionKind | "corrective_order",
  { difference }: Drift,
  write: Written = HIDING,
): string {
  const size = write.quantity(Math.abs(difference))
  if (act === "adopt") return `Adopt ${size}`
  if (act === "write_off") return `Write off ${size}`
  return `${difference > 0 ? "Sell" : "Buy"} ${size}`
}

/** What an adoption or a write-off changes, and what it leaves alone. */
export function correctionEffect(drift: Drift): string {
  return `The agent expects ${exact.quantity(drift.broker_qty)} of ${drift.symbol} from the next comparison on, instead of ${exact.quantity(drift.cloud_qty)}.`
}

/** "Sell 5 NSE:TCS at the market, with protection" or "... at ₹3,300.00 or better". */
export function proposalWords(order: Proposal): string {
  const price =
    order.limit_price === null
      ? "at the market, with protection"
      : `at ${unitPrice(order.limit_price)} or better`
  return `${verb(order.side)} ${exact.quantity(order.quantity)} ${order.symbol} (${order.product}) ${price}`
}

/** "Sell 5 for about ₹16,500.00 · SANDBOX": what the last button does. */
export function proposalVerb(order: Proposal, environment: Environment): string {
  const about = order.limit_price === null ? "about " : ""
  const value = order.value === null ? "at the market" : `for ${about}${exact.money(order.value)}`
  return `${verb(order.side)} ${exact.quantity(order.quantity)} ${value} · ${environmentWord(environment)}`
}

/** "Trigger 12: buy 10 at ₹160.50 when the price reaches ₹160.00". */
export function candidateWords(one: Candidate, side: "BUY" | "SELL", write: Written = HIDING): string {
  const prices = one.limit_prices.map((price) => unitPrice(price)).join(" / ")
  const triggers = one.trigger_prices.map((price) => unitPrice(price)).join(" / ")
  return `Trigger ${one.venue_id}: ${verb(side).toLowerCase()} ${write.quantity(one.quantity)} at ${prices} when the price reaches ${triggers}`
}

export const OUTCOMES: Record<Outcome, string> = {
  placed: "This trigger is mine",
  absent: "It never reached the broker",
  filled: "It was filled",
  not_filled: "It ended without a fill",
}

/** What the agent does after a person's word on an order in doubt. */
export function outcomeEffect(doubt: Doubt, outcome: Outcome): string {
  const units = `${exact.quantity(doubt.quantity)} ${doubt.quantity === 1 ? "unit" : "units"}`
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

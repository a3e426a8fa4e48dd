import { describe, expect, it } from "vitest"
import {
  actionWords,
  candidateWords,
  correctionEffect,
  isPrice,
  outcomeEffect,
  proposalVerb,
  proposalWords,
} from "../src/lib/correction-words"
import type { Doubt, Drift, Proposal } from "../src/lib/types"

const drift = { symbol: "NSE:TCS", cloud_qty: 3, broker_qty: 15, difference: 12 } as Drift
const missing = { ...drift, broker_qty: 1, difference: -2 }
const order: Proposal = {
  symbol: "NSE:TCS",
  difference: 12,
  side: "SELL",
  quantity: 12,
  product: "CNC",
  order_type: "MARKET",
  limit_price: null,
  last_price: "3300",
  value: "39600",
}

describe("a correction in words", () => {
  it("names the act with its number, in the direction of the difference", () => {
    expect(actionWords("adopt", drift)).toBe("Adopt 12")
    expect(actionWords("corrective_order", drift)).toBe("Sell 12")
    expect(actionWords("write_off", missing)).toBe("Write off 2")
    expect(actionWords("corrective_order", missing)).toBe("Buy 2")
  })

  it("says what the agent expects before and after", () => {
    expect(correctionEffect(drift)).toContain("expects 15 of NSE:TCS")
    expect(correctionEffect(drift)).toContain("instead of 3")
  })
})

describe("a corrective order in words", () => {
  it("says about where the price is the market's, and whether money is real", () => {
    expect(proposalWords(order)).toBe("Sell 12 NSE:TCS (CNC) at the market, with protection")
    expect(proposalVerb(order, "live")).toBe("Sell 12 for about ₹39,600.00 · LIVE")
  })

  it("names its limit", () => {
    const limited: Proposal = {
      ...order,
      side: "BUY",
      order_type: "LIMIT",
      limit_price: "3200",
      value: "38400",
    }
    expect(proposalWords(limited)).toBe("Buy 12 NSE:TCS (CNC) at ₹3,200.00 or better")
    expect(proposalVerb(limited, "sandbox")).toBe("Buy 12 for ₹38,400.00 · SANDBOX")
  })

  it("claims no amount where the broker has no price", () => {
    expect(proposalVerb({ ...order, last_price: null, value: null }, "live")).toBe(
      "Sell 12 at the market · LIVE",
    )
  })
})

describe("an order in doubt", () => {
  it("says what a person's word makes of it", () => {
    const doubt = { quantity: 10 } as Doubt
    expect(outcomeEffect(doubt, "absent")).toContain("failed, with 0 of 10 units filled")
    expect(outcomeEffect(doubt, "filled")).toContain("at most 10 units")
    expect(outcomeEffect(doubt, "not_filled")).toContain("cancelled")
  })

  it("names a trigger by its numbers", () => {
    const one = { venue_id: "12", status: "active", created_at: null, quantity: 10 }
    expect(candidateWords({ ...one, trigger_prices: ["160"], limit_prices: ["160.5"] }, "BUY")).toBe(
      "Trigger 12: buy 10 at ₹160.50 when the price reaches ₹160.00",
    )
  })

  it.each([
    ["160.5", true],
    ["0", false],
    ["-3", false],
    ["1e5", false],
    ["Infinity", false],
    ["", false],
  ])("takes %s as a price: %s", (text, is) => {
    expect(isPrice(text)).toBe(is)
  })
})

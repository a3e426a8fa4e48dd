import { describe, expect, it } from "vitest"
import { deviceName } from "../src/app/pairing/device-name"
import { base64Of, bytesOf } from "../src/features/uploads/base64"
import {
  convictionWords,
  intentWords,
  legWords,
  progressOf,
  stopWords,
  totalWords,
} from "../src/lib/order-words"
import type { Intent, OrderPreview, Signal } from "../src/lib/types"

const order = (legs: OrderPreview["legs"], kind: OrderPreview["kind"] = "gtt"): OrderPreview => ({
  kind,
  product: "CNC",
  legs,
  risk: null,
  stop_pct: null,
  problem: "",
})

describe("an order in words", () => {
  it("has the conviction as a score, not as a percentage", () => {
    expect(convictionWords("50.0")).toBe("50 of 100")
  })

  it("names the trigger and the limit", () => {
    const leg = { trigger: "160", price: "160.5", quantity: 10, amount: "1605" }
    expect(legWords("BUY", leg)).toBe("Buy 10 at ₹160.50 or better when the price reaches ₹160.00")
    expect(totalWords(order([leg]))).toBe("GTT for ₹1,605.00")
  })

  it("says about where the price is the market's", () => {
    const leg = { trigger: null, price: null, quantity: 10, amount: "1500" }
    expect(legWords("SELL", leg)).toBe("Sell 10 at the market")
    expect(totalWords(order([leg], "order"))).toBe("order for about ₹1,500.00")
    expect(totalWords(order([{ ...leg, amount: null }], "order"))).toBe("order at the market")
  })

  it("names the stop that the agent adds", () => {
    const stop = { key: "sig:1:a1:stop", kind: "gtt", state: "resting", filled: 0, quantity: 57 } as Intent
    expect(intentWords(stop)).toBe("Stop waiting at the broker, 0 of 57 filled")
    expect(intentWords({ ...stop, key: "sig:1:a1" })).toBe("GTT waiting at the broker, 0 of 57 filled")
    expect(stopWords("5")).toBe("After the fill a stop is placed at the broker, 5% below the price paid.")
  })

  it("names the larger one of two legs, of which one is executed", () => {
    const leg = { trigger: "90", price: "89", quantity: 10, amount: "890" }
    expect(totalWords(order([leg, { ...leg, amount: "1200" }]))).toBe("GTT for ₹1,200.00")
  })
})

describe("how far a signal is", () => {
  const signal = { state: "waiting", decision: null, can_decide: true, intents: [] } as unknown as Signal
  it("is what a person can do about it first", () => {
    expect(progressOf(signal).text).toBe("Waits for you")
    expect(progressOf({ ...signal, decision: "approved", can_decide: false }).text).toBe("Approved")
    const ended = { ...signal, state: "ended", can_decide: false } as Signal
    expect(progressOf(ended).text).toBe("Ended")
    expect(progressOf({ ...ended, decision: "rejected" }).text).toBe("Rejected")
    expect(progressOf({ ...ended, waits_in_cloud: true }).text).toBe("Approved, waits")
  })
})

describe("a file in a document", () => {
  it("comes back as it was", () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251)
    expect(bytesOf(base64Of(bytes))).toEqual(bytes)
  })
})

describe("the name of a device", () => {
  it("is its browser and its system", () => {
    expect(deviceName("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36")).toBe(
      "Chrome on Android",
    )
    expect(deviceName("")).toBe("Browser")
  })
})

import { describe, expect, it } from "vitest"
import { profitOf } from "@/lib/live-profit"

const held = (symbol: string, open_quantity: number, ltp: number) => ({
  exchange: "NSE",
  symbol,
  open_quantity,
  ltp,
})

describe("profit at live prices", () => {
  const positions = [held("INFY", 100, 1500.1), held("TCS", 3, 3000), held("ITC", 10, 400)]
  const prices = new Map([
    ["NSE:INFY", 1500.4],
    ["NSE:TCS", 2999.9],
  ])

  it("is exact, and leaves out what has no price", () => {
    expect(profitOf(positions, (id) => prices.get(id))).toEqual({ profit: 29.7, priced: 2 })
  })

  it("is nothing without prices", () => {
    expect(profitOf(positions, () => undefined)).toEqual({ profit: 0, priced: 0 })
  })
})

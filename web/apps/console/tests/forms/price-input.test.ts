import { describe, expect, it } from "vitest"
import { plainPrice, stepped } from "@/components/forms/price-input"

describe("a typed price", () => {
  it.each([
    ["145.5", "145.5"],
    ["₹1,45,000.05", "145000.05"],
    [" 12 ", "12"],
    ["1.", "1."],
    [".", "."],
    ["", ""],
  ])("%s is %s", (typed, plain) => expect(plainPrice(typed, 2)).toBe(plain))

  it.each(["1.234", "1.2.3", "-5", "12a", "1e5"])("%s is refused", (typed) =>
    expect(plainPrice(typed, 2)).toBeNull(),
  )
})

describe("the arrow keys", () => {
  it("step by the tick, and onto it", () => {
    expect(stepped(145.5, 0.05, 1)).toBe(145.55)
    expect(stepped(145.5, 0.05, -1)).toBe(145.45)
    expect(stepped(145.52, 0.05, 1)).toBe(145.55)
    expect(stepped(145.52, 0.05, -1)).toBe(145.5)
    expect(stepped("", 0.1, 1)).toBe(0.1)
    expect(stepped(0, 0.05, -1)).toBe(0)
  })
})

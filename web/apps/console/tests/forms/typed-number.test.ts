import { describe, expect, it } from "vitest"
import { lotsText } from "@/components/forms/quantity-input"
import { outsideText } from "@/components/forms/required-number"
import { plainNumber, stepped } from "@/components/forms/typed-number"

describe("a typed price", () => {
  it.each([
    ["145.5", "145.5"],
    ["₹1,45,000.05", "145000.05"],
    [" 12 ", "12"],
    ["1.", "1."],
    [".", "."],
    ["", ""],
  ])("%s is %s", (typed, plain) => expect(plainNumber(typed, 2)).toBe(plain))

  it.each(["1.234", "1.2.3", "-5", "12a", "1e5"])("%s is refused", (typed) =>
    expect(plainNumber(typed, 2)).toBeNull(),
  )
})

describe("a typed quantity", () => {
  it("is whole", () => {
    expect(plainNumber("1,500", 0)).toBe("1500")
    expect(plainNumber("1.5", 0)).toBeNull()
    expect(plainNumber("1.", 0)).toBeNull()
  })

  it("is told in lots for derivatives", () => {
    expect(lotsText(150, 75)).toBe("2 lots of 75")
    expect(lotsText(75, 75)).toBe("1 lot of 75")
    expect(lotsText(100, 75)).toBe("In lots of 75")
    expect(lotsText("", 75)).toBe("In lots of 75")
    expect(lotsText(10, 1)).toBeUndefined()
  })
})

describe("a signed number", () => {
  it.each([
    ["-5", "-5"],
    ["−2.5%", "-2.5"],
    ["-", "-"],
  ])("%s is %s", (typed, plain) => expect(plainNumber(typed, 2, true)).toBe(plain))

  it("has one sign, in front", () => {
    expect(plainNumber("5-", 2, true)).toBeNull()
    expect(plainNumber("--5", 2, true)).toBeNull()
  })
})

describe("the arrow keys", () => {
  it("step by the tick, and onto it", () => {
    expect(stepped(145.5, 0.05, 1)).toBe(145.55)
    expect(stepped(145.5, 0.05, -1)).toBe(145.45)
    expect(stepped(145.52, 0.05, 1)).toBe(145.55)
    expect(stepped(145.52, 0.05, -1)).toBe(145.5)
    expect(stepped("", 0.1, 1)).toBe(0.1)
  })

  it("step by the lot, and below zero only where that is meant", () => {
    expect(stepped(100, 75, 1)).toBe(150)
    expect(stepped(0, 0.05, -1)).toBe(0)
    expect(stepped(0, 1, -1, true)).toBe(-1)
  })
})

describe("a number with bounds", () => {
  it.each([
    [0, 1, 240, "1 to 240"],
    [241, 1, 240, "1 to 240"],
    [0, 1, undefined, "At least 1"],
    [1001, undefined, 1000, "At most 1,000"],
  ])("%s is outside of %s to %s", (value, min, max, told) => expect(outsideText(value, min, max)).toBe(told))

  it.each([1, 17, 240])("%s is inside", (value) => expect(outsideText(value, 1, 240)).toBeNull())

  it("may be empty", () => expect(outsideText(null, 1, 240)).toBeNull())
})

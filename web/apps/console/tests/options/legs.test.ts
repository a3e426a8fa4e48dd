import { describe, expect, test } from "vitest"
import { isInMoney, lotsOf, MAX_LEGS, picked, readLegs, writeLegs } from "@/features/options/builder/legs"

const CALL = "NIFTY26NOV23600CE"
const PUT = "NIFTY26NOV23600PE"

describe("legs in the URL", () => {
  test("are unchanged by a round trip", () => {
    const legs = [
      { side: "BUY" as const, lots: 2, symbol: CALL },
      { side: "SELL" as const, lots: 1, symbol: PUT },
    ]
    expect(writeLegs(legs)).toBe(`B2.${CALL},S1.${PUT}`)
    expect(readLegs(writeLegs(legs))).toEqual(legs)
    expect(writeLegs([])).toBeUndefined()
  })

  test.each(["", "nonsense", `B0.${CALL}`, `X1.${CALL}`, "B1.<script>", `B1${CALL}`])(
    "what is no leg is left out: %s",
    (text) => expect(readLegs(text)).toEqual([]),
  )

  test("an invalid part is skipped, and there are at most ten legs", () => {
    expect(readLegs(`B1.${CALL},oops,S3.${PUT}`).map(({ lots }) => lots)).toEqual([1, 3])
    const many = Array.from({ length: 15 }, (_, i) => `B1.NIFTY26NOV${23_000 + i}CE`).join(",")
    expect(readLegs(many)).toHaveLength(MAX_LEGS)
  })
})

describe("picking from the chain", () => {
  test("the same side adds a lot, the opposite side removes one", () => {
    const one = picked([], CALL, "BUY")
    expect(one).toEqual([{ side: "BUY", lots: 1, symbol: CALL }])
    const two = picked(one, CALL, "BUY")
    expect(lotsOf(two, CALL)).toBe(2)
    expect(lotsOf(picked(two, CALL, "SELL"), CALL)).toBe(1)
    expect(picked(one, CALL, "SELL")).toEqual([])
  })

  test("a sold contract counts as negative", () => {
    const sold = picked([], PUT, "SELL")
    expect(lotsOf(sold, PUT)).toBe(-1)
    expect(lotsOf(sold, CALL)).toBe(0)
    expect(lotsOf(sold, undefined)).toBe(0)
  })

  test("an eleventh contract is not added, but lots of an existing one are", () => {
    const ten = readLegs(Array.from({ length: 10 }, (_, i) => `B1.NIFTY26NOV${23_000 + i}CE`).join(","))
    expect(picked(ten, CALL, "BUY")).toEqual(ten)
    expect(lotsOf(picked(ten, "NIFTY26NOV23003CE", "BUY"), "NIFTY26NOV23003CE")).toBe(2)
  })
})

test.each([
  ["CE", 23_600, 23_650, true],
  ["CE", 23_700, 23_650, false],
  ["PE", 23_600, 23_650, false],
  ["PE", 23_700, 23_650, true],
  ["CE", 23_650, 23_650, false],
] as const)("%s %d with the spot at %d: in the money %s", (type, strike, spot, expected) => {
  expect(isInMoney(type, strike, spot)).toBe(expected)
})

import { ApiError } from "@tradertape/api/client.ts"
import { describe, expect, test } from "vitest"
import { distanceOf, onTick } from "@/features/gtts/distance"
import { errorsByField, freshLegs, productOf, readyLegs } from "@/features/gtts/form/draft"
import type { Gtt } from "@/lib/queries/gtts"
import type { Instrument } from "@/lib/queries/live"

function gtt(reference: number, ...triggers: number[]): Gtt {
  return { reference, legs: triggers.map((trigger) => ({ trigger })) } as Gtt
}

describe("the distance to a trigger", () => {
  test("one trigger: progress towards it", () => {
    expect(distanceOf(gtt(100, 90), 95)).toEqual({ percent: (5 / 95) * 100, done: 0.5, between: null })
    expect(distanceOf(gtt(100, 90), 90)?.done).toBe(1)
  })

  test("a price moving away has no progress", () => {
    expect(distanceOf(gtt(100, 90), 120)?.done).toBe(0)
  })

  test("two triggers: position between them, and distance to the nearer one", () => {
    const found = distanceOf(gtt(100, 90, 110), 105)
    expect(found?.between).toBe(0.75)
    expect(found?.percent).toBeCloseTo((5 / 105) * 100)
  })

  test("without a price there is no distance", () => {
    expect(distanceOf(gtt(100, 90), undefined)).toBeNull()
    expect(distanceOf(gtt(100, 90), 0)).toBeNull()
  })
})

test.each([
  [145.1234, 0.05, 145.1],
  [145.13, 0.05, 145.15],
  [23_456.7, 1, 23_457],
  [0.1 + 0.2, 0.01, 0.3],
  [7.77, 0, 7.77],
])("%d on a tick of %d is %d", (price, tick, expected) => expect(onTick(price, tick)).toBe(expected))

const INFY = { lot_size: 1, tick_size: 0.05, expiry: null } as Instrument
const FUTURE = { lot_size: 65, tick_size: 0.1, expiry: "2026-11-23" } as Instrument

describe("a new GTT", () => {
  test("starts near the price, on the tick size, with one lot", () => {
    const [leg] = freshLegs(false, FUTURE, 23_650)
    expect(leg).toEqual({ trigger: 23_177, transaction_type: "BUY", quantity: 65, price: 23_177 })
  })

  test("two legs are a stop below and a target above", () => {
    const [stop, target] = freshLegs(true, INFY, 1_000)
    expect([stop?.trigger, target?.trigger]).toEqual([950, 1_050])
    expect([stop?.transaction_type, target?.transaction_type]).toEqual(["SELL", "SELL"])
  })

  test("is not ready while a field is empty", () => {
    expect(readyLegs(freshLegs(false, INFY, undefined), "CNC")).toBeNull()
    expect(readyLegs(freshLegs(false, INFY, 1_000), "CNC")).toEqual([
      { trigger: 980, transaction_type: "BUY", quantity: 1, price: 980, product: "CNC" },
    ])
  })

  test("shares are CNC, futures NRML", () => {
    expect([productOf(INFY), productOf(FUTURE)]).toEqual(["CNC", "NRML"])
  })
})

describe("validation errors of the server", () => {
  const refusal = (validationErrors: { pointer: string; message: string }[]) =>
    new ApiError(422, "first words", "invalid_document", "id", validationErrors)

  test("are mapped to their fields", () => {
    const said = errorsByField(
      refusal([
        { pointer: "/legs/0/trigger", message: "too close" },
        { pointer: "/legs/0/trigger", message: "not a tick" },
        { pointer: "/legs", message: "both sides" },
      ]),
    )
    expect(said).toEqual({ "/legs/0/trigger": "too close; not a tick", "": "both sides" })
  })

  test("without fields there is one general message", () => {
    expect(errorsByField(refusal([]))).toEqual({ "": "first words" })
    expect(errorsByField(null)).toEqual({})
  })
})

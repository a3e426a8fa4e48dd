import type { ChainRow, ChainSide } from "@tradertape/api/generated/types.gen.ts"
import { describe, expect, test } from "vitest"
import { bySign, curveDay } from "@/features/options/builder/payoff-option"
import { changePct, mostOpen } from "@/features/options/chain/side-columns"
import { aroundMoney } from "@/features/options/open-interest-option"

describe("a payoff split by its sign", () => {
  test("both sides include the interpolated crossing", () => {
    const { gains, losses } = bySign([100, 110, 120], [-5, 5, 15])
    expect(gains).toEqual([
      [100, null],
      [105, 0],
      [110, 5],
      [120, 15],
    ])
    expect(losses).toEqual([
      [100, -5],
      [105, 0],
      [110, null],
      [120, null],
    ])
  })

  test("a level at zero belongs to both sides, without an extra point", () => {
    const { gains, losses } = bySign([1, 2, 3], [-1, 0, 1])
    expect(gains.map(([, profit]) => profit)).toEqual([null, 0, 1])
    expect(losses.map(([, profit]) => profit)).toEqual([-1, 0, null])
  })

  test("a curve without crossing is on one side only", () => {
    const { gains, losses } = bySign([1, 2], [3, 4])
    expect(gains).toEqual([
      [1, 3],
      [2, 4],
    ])
    expect(losses.every(([, profit]) => profit === null)).toBe(true)
  })
})

test.each([
  [null, "Today"],
  [0, "Today"],
  [1, "In 1 day"],
  [6, "In 6 days"],
])("the day %s is called %s", (days, words) => expect(curveDay(days)).toBe(words))

function side(changes: Partial<ChainSide>): ChainSide {
  return { ltp: 10, close: 8, oi: 65, ...changes } as ChainSide
}

function row(strike: number, oi: number, is_atm = false): ChainRow {
  return { strike, is_atm, CE: side({ oi }), PE: null }
}

test("a percent change needs a price and a close", () => {
  expect(changePct(side({}))).toBe(25)
  expect(changePct(side({ close: null }))).toBeNull()
  expect(changePct(side({ ltp: null }))).toBeNull()
  expect(changePct(side({ close: 0 }))).toBeNull()
})

test("bars are scaled by the largest open interest, which is at least 1", () => {
  expect(mostOpen([row(1, 5), row(2, 900)])).toBe(900)
  expect(mostOpen([])).toBe(1)
})

test("charts show the strikes around the money, cut at the ends", () => {
  const rows = [1, 2, 3, 4, 5, 6].map((strike) => row(strike, 1, strike === 2))
  const chain = { rows } as Parameters<typeof aroundMoney>[0]
  expect(aroundMoney(chain, 2).map(({ strike }) => strike)).toEqual([1, 2, 3, 4])
})

import type { StrategyDocument } from "@tradertape/api/strategy.ts"
import { expect, test } from "vitest"
import { numbersOf, rangeAround, sizeOf } from "@/features/backtests/robustness/varied-numbers"
import { fromPointer, getAt } from "@/features/strategies/tree/path"

const document: StrategyDocument = {
  name: "x",
  params: { dip_pct: { default: 7, min: 1, max: 20 } },
  entry_rules: {
    type: "and",
    conditions: [
      {
        type: "compare",
        left: { type: "indicator", name: "rsi14" },
        op: "<",
        right: { type: "literal", value: 40 },
      },
      {
        type: "between",
        value: { type: "indicator", name: "drawdown_20d_pct" },
        low: { type: "literal", value: 5 },
        high: { type: "literal", value: 18 },
      },
      { type: "random", prob: 0.5, seed: 3 },
    ],
  },
  stops: { stop_loss_pct: 8, target_pct: null },
}

test("every number that can vary is found with its pointer", () => {
  const leaves = numbersOf(document)
  expect(leaves.map(({ value }) => value)).toEqual([7, 40, 5, 18, 0.5, 8])
  expect(leaves[0]?.key).toBe("dip_pct")
  for (const { key, value } of leaves.slice(1)) expect(getAt(document, fromPointer(key))).toBe(value)
})

test("labels describe the condition around the number", () => {
  const labels = numbersOf(document).map(({ label }) => label)
  expect(labels).toContain("Entry rules: RSI(14) <")
  expect(labels).toContain("Entry rules: fall from the 20-day high % from")
  expect(labels).toContain("Stops: Stop loss pct")
})

test("a range surrounds the value with a round step", () => {
  expect(rangeAround(40)).toEqual({ min: 20, max: 60, step: 10 })
  expect(rangeAround(0)).toEqual({ min: 0, max: 2, step: 1 })
  for (const value of [0.5, 3, 8, 40, 1_000_000]) {
    const range = rangeAround(value)
    expect(range.min).toBeLessThan(value)
    expect(range.max).toBeGreaterThan(value)
    expect(sizeOf(range)).toBeLessThanOrEqual(6)
  }
})

test("a range without a step, or with min above max, has no values", () => {
  expect(sizeOf({ min: 0, max: 10, step: 0 })).toBe(0)
  expect(sizeOf({ min: 10, max: 0, step: 1 })).toBe(0)
  expect(sizeOf({ min: 0, max: 0.3, step: 0.1 })).toBe(4)
})

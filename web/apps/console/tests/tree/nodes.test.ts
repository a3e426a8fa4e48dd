import type { Condition, ConditionType } from "@tradertape/api/strategy.ts"
import { describe, expect, test } from "vitest"
import { blankCondition, CONDITION_TITLES, convert, measure } from "@/features/strategies/tree/nodes"

const KINDS = Object.keys(CONDITION_TITLES) as ConditionType[]
const rsi: Condition = {
  type: "compare",
  left: { type: "indicator", name: "rsi14" },
  op: "<",
  right: { type: "literal", value: 40 },
}

describe("converting a condition to another type", () => {
  test.each(KINDS.flatMap((from) => KINDS.map((to) => [from, to] as const)))(
    "%s to %s has the kind asked for",
    (from, to) => {
      expect(convert(blankCondition(from), to).type).toBe(to)
    },
  )

  test("the same type returns the same node", () => expect(convert(rsi, "compare")).toBe(rsi))

  test("a comparison keeps its sides", () => {
    expect(convert(rsi, "cross")).toMatchObject({ left: rsi.left, right: rsi.right })
    expect(convert(rsi, "between")).toMatchObject({ value: rsi.left, low: rsi.right })
    expect(convert(rsi, "in")).toMatchObject({ value: rsi.left })
  })

  test("a group keeps its conditions", () => {
    const group: Condition = { type: "and", conditions: [rsi, blankCondition("cross")] }
    expect(convert(group, "or")).toEqual({ type: "or", conditions: group.conditions })
    expect(convert(group, "count")).toMatchObject({ at_least: 1, conditions: group.conditions })
    expect(convert(group, "not")).toEqual({
      type: "not",
      condition: { type: "and", conditions: group.conditions },
    })
  })

  test("a comparison converted to a group becomes its only condition", () => {
    expect(convert(rsi, "and")).toEqual({ type: "and", conditions: [rsi] })
    expect(convert(rsi, "for_bars")).toMatchObject({ bars: 3, condition: rsi })
  })
})

test("the size of a tree includes its operands, as on the server", () => {
  expect(measure(rsi)).toEqual({ nodes: 3, depth: 2 })
  expect(measure({ type: "not", condition: { type: "and", conditions: [rsi, rsi] } })).toEqual({
    nodes: 8,
    depth: 4,
  })
  const half: Condition = {
    ...rsi,
    right: { type: "arith", op: "/", left: { type: "indicator", name: "close" }, right: 2 },
  }
  expect(measure(half)).toEqual({ nodes: 5, depth: 3 })
})

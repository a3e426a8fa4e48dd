import type { Condition } from "@tradertape/api/strategy.ts"
import { describe, expect, test } from "vitest"
import {
  addCondition,
  canUnwrap,
  moveInto,
  moveOut,
  parentPath,
  removeCondition,
  shift,
  unwrap,
  wrap,
} from "@/features/strategies/tree/moves"
import { blankCondition } from "@/features/strategies/tree/nodes"

function leaf(value: number): Condition {
  return {
    type: "compare",
    left: { type: "indicator", name: "close" },
    op: ">",
    right: { type: "literal", value },
  }
}

const [one, two, three, four] = [leaf(1), leaf(2), leaf(3), leaf(4)]
const inner: Condition = { type: "or", conditions: [three, four] }
const root: Condition = { type: "and", conditions: [one, two, inner] }
const whole = { name: "x", entry_rules: root }
const at = (...rest: (string | number)[]) => ["entry_rules", ...rest]

/** A short text of the tree: "and(1,2,or(3,4))". */
function short(node: Condition): string {
  if ("conditions" in node) return `${node.type}(${node.conditions.map(short).join(",")})`
  if ("condition" in node) return `${node.type}(${short(node.condition)})`
  if (node.type === "compare" && typeof node.right === "object" && node.right.type === "literal")
    return String(node.right.value)
  return node.type
}

const after = (changed: typeof whole) => short(changed.entry_rules)

test("a condition is added at the end of a group", () => {
  expect(after(addCondition(whole, at("conditions", 2), leaf(5)))).toBe("and(1,2,or(3,4,5))")
})

describe("removing", () => {
  test("removes a condition from its group", () => {
    expect(after(removeCondition(whole, at("conditions", 0)))).toBe("and(2,or(3,4))")
  })
  test("removing the last condition removes the group", () => {
    const once = removeCondition(whole, at("conditions", 2, "conditions", 0))
    expect(after(once)).toBe("and(1,2,or(4))")
    expect(after(removeCondition(once, at("conditions", 2, "conditions", 0)))).toBe("and(1,2)")
  })
  test("removing the content of a wrapper removes the wrapper", () => {
    const wrapped = wrap(whole, at("conditions", 0), "not")
    expect(after(removeCondition(wrapped, at("conditions", 0, "condition")))).toBe("and(2,or(3,4))")
  })
  test("a removed root becomes a blank comparison", () => {
    expect(removeCondition(whole, at()).entry_rules).toEqual(blankCondition("compare"))
  })
  test("a count never requires more conditions than it has", () => {
    const counted = {
      ...whole,
      entry_rules: { type: "count", at_least: 3, conditions: [one, two, three] } as Condition,
    }
    expect(removeCondition(counted, at("conditions", 0)).entry_rules).toMatchObject({ at_least: 2 })
  })
})

describe("moving", () => {
  test("up and down swap neighbours, except at the ends", () => {
    expect(after(shift(whole, at("conditions", 0), 1))).toBe("and(2,1,or(3,4))")
    expect(shift(whole, at("conditions", 0), -1)).toBe(whole)
    expect(shift(whole, at("conditions", 2), 1)).toBe(whole)
  })
  test("into another group", () => {
    expect(after(moveInto(whole, at("conditions", 0), at("conditions", 2), 1))).toBe("and(2,or(3,1,4))")
  })
  test("within its own group", () => {
    expect(after(moveInto(whole, at("conditions", 0), at(), 3))).toBe("and(2,or(3,4),1)")
    expect(after(moveInto(whole, at("conditions", 2), at(), 0))).toBe("and(or(3,4),1,2)")
  })
  test("never into itself", () => {
    expect(moveInto(whole, at("conditions", 2), at("conditions", 2), 0)).toBe(whole)
  })
  test("out of its group, directly after it", () => {
    expect(after(moveOut(whole, at("conditions", 2, "conditions", 0)))).toBe("and(1,2,or(4),3)")
  })
  test("moving the last condition out removes the group", () => {
    const small = removeCondition(whole, at("conditions", 2, "conditions", 0))
    expect(after(moveOut(small, at("conditions", 2, "conditions", 0)))).toBe("and(1,2,4)")
  })
  test("a top-level condition cannot move out", () => {
    expect(moveOut(whole, at("conditions", 0))).toBe(whole)
  })
})

describe("groups", () => {
  test("wrapping and unwrapping undo each other", () => {
    for (const kind of ["and", "or", "not", "for_bars"] as const) {
      const wrapped = wrap(whole, at("conditions", 1), kind)
      expect(after(wrapped)).toBe(`and(1,${kind}(2),or(3,4))`)
      expect(after(unwrap(wrapped, at("conditions", 1)))).toBe("and(1,2,or(3,4))")
    }
  })
  test("unwrapping a group adds its conditions to the parent group", () => {
    expect(after(unwrap(whole, at("conditions", 2)))).toBe("and(1,2,3,4)")
  })
  test("a root group with several conditions cannot be unwrapped", () => {
    expect(canUnwrap(whole, at())).toBe(false)
    expect(canUnwrap(whole, at("conditions", 0))).toBe(false)
    expect(canUnwrap(whole, at("conditions", 2))).toBe(true)
  })
})

test("the parent of a node is the node that contains it", () => {
  expect(parentPath(at("conditions", 2, "conditions", 0))).toEqual(at("conditions", 2))
  expect(parentPath(at("condition"))).toEqual(at())
  expect(parentPath(at())).toBeNull()
  expect(parentPath(["exit_rules", 0, "condition"])).toEqual(["exit_rules", 0])
})

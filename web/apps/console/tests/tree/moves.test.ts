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

/** The tree in short: "and(1,2,or(3,4))". */
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
  test("takes one out of its group", () => {
    expect(after(removeCondition(whole, at("conditions", 0)))).toBe("and(2,or(3,4))")
  })
  test("the last of a group takes the group along", () => {
    const once = removeCondition(whole, at("conditions", 2, "conditions", 0))
    expect(after(once)).toBe("and(1,2,or(4))")
    expect(after(removeCondition(once, at("conditions", 2, "conditions", 0)))).toBe("and(1,2)")
  })
  test("what a wrapper holds takes the wrapper along", () => {
    const wrapped = wrap(whole, at("conditions", 0), "not")
    expect(after(removeCondition(wrapped, at("conditions", 0, "condition")))).toBe("and(2,or(3,4))")
  })
  test("the root becomes a blank comparison, for there is no empty rule", () => {
    expect(removeCondition(whole, at()).entry_rules).toEqual(blankCondition("compare"))
  })
  test("a count never asks for more than it has left", () => {
    const counted = {
      ...whole,
      entry_rules: { type: "count", at_least: 3, conditions: [one, two, three] } as Condition,
    }
    expect(removeCondition(counted, at("conditions", 0)).entry_rules).toMatchObject({ at_least: 2 })
  })
})

describe("moving", () => {
  test("up and down swap neighbours and stop at the ends", () => {
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
  test("out of its group, to stand after it", () => {
    expect(after(moveOut(whole, at("conditions", 2, "conditions", 0)))).toBe("and(1,2,or(4),3)")
  })
  test("the last one out closes the group", () => {
    const small = removeCondition(whole, at("conditions", 2, "conditions", 0))
    expect(after(moveOut(small, at("conditions", 2, "conditions", 0)))).toBe("and(1,2,4)")
  })
  test("what stands at the top has nowhere to go out to", () => {
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
  test("a group of several gives its conditions to the group around", () => {
    expect(after(unwrap(whole, at("conditions", 2)))).toBe("and(1,2,3,4)")
  })
  test("the root group of several cannot go", () => {
    expect(canUnwrap(whole, at())).toBe(false)
    expect(canUnwrap(whole, at("conditions", 0))).toBe(false)
    expect(canUnwrap(whole, at("conditions", 2))).toBe(true)
  })
})

test("the parent of a node is the node that holds it", () => {
  expect(parentPath(at("conditions", 2, "conditions", 0))).toEqual(at("conditions", 2))
  expect(parentPath(at("condition"))).toEqual(at())
  expect(parentPath(at())).toBeNull()
  expect(parentPath(["exit_rules", 0, "condition"])).toEqual(["exit_rules", 0])
})

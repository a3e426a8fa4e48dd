import { expect, test } from "vitest"
import {
  fromPointer,
  getAt,
  insertAt,
  isWithin,
  removeAt,
  setAt,
  toPointer,
} from "@/features/strategies/tree/path"

const whole = { a: { list: [10, 20, 30] }, "x/y": { "~": 1 } }

test("pointers and paths convert both ways, including escapes", () => {
  const path = ["x/y", "~"]
  expect(toPointer(path)).toBe("/x~1y/~0")
  expect(fromPointer("/x~1y/~0")).toEqual(path)
  expect(fromPointer("/a/list/2")).toEqual(["a", "list", 2])
  expect(toPointer([])).toBe("")
})

test("reading past the end returns undefined", () => {
  expect(getAt(whole, ["a", "list", 1])).toBe(20)
  expect(getAt(whole, ["a", "list", 9, "deep"])).toBeUndefined()
})

test("a change does not modify the original or its siblings", () => {
  const changed = setAt(whole, ["a", "list", 1], 21)
  expect(changed.a.list).toEqual([10, 21, 30])
  expect(whole.a.list).toEqual([10, 20, 30])
  expect(changed["x/y"]).toBe(whole["x/y"])
})

test("missing objects on the way are created", () => {
  expect(setAt({}, ["stops", "trailing", "trail_pct"], 4)).toEqual({ stops: { trailing: { trail_pct: 4 } } })
})

test("items and keys are removed", () => {
  expect(removeAt(whole, ["a", "list", 0]).a.list).toEqual([20, 30])
  expect(removeAt({ a: 1, b: 2 }, ["a"])).toEqual({ b: 2 })
})

test("an item is inserted", () => {
  expect(insertAt(whole, ["a", "list"], 1, 15).a.list).toEqual([10, 15, 20, 30])
})

test("a path is within itself and its ancestors, not within its siblings", () => {
  expect(isWithin(["a", 1, "b"], ["a", 1])).toBe(true)
  expect(isWithin(["a", 1], ["a", 1])).toBe(true)
  expect(isWithin(["a", 12], ["a", 1])).toBe(false)
})

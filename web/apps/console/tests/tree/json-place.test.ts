import { expect, test } from "vitest"
import { rangeOfPointer } from "@/features/strategies/tree/json-place"

const text = JSON.stringify(
  { name: "x", stops: { stop_loss_pct: 8 }, exit_rules: [{ name: "a" }, { name: "b" }] },
  null,
  2,
)
const at = (pointer: string) => {
  const { from, to } = rangeOfPointer(text, pointer)
  return text.slice(from, to)
}

test("a pointer finds its value in the text", () => {
  expect(at("/stops/stop_loss_pct")).toBe("8")
  expect(at("/exit_rules/1/name")).toBe('"b"')
  expect(at("/name")).toBe('"x"')
})

test("a missing value is located at the start of its parent", () => {
  const { from, to } = rangeOfPointer(text, "/stops/target_pct/x")
  expect(text.slice(from, to)).toBe("{")
  expect(from).toBe(text.indexOf("{", text.indexOf("stops")))
})

test("the whole document is the empty pointer", () => expect(at("")).toBe(text))

test("invalid JSON does not break the search", () => {
  expect(rangeOfPointer('{"a": {"b": ', "/a/b")).toMatchObject({ from: expect.any(Number) })
  expect(rangeOfPointer("", "/a")).toEqual({ from: 0, to: 0 })
})

import { expect, test } from "vitest"
import { documentOf } from "@/features/strategies/tree/document"
import { begin, isChanged, reduce } from "@/features/strategies/tree/history"

const first = { name: "one" }
const changed = (name: string) => ({ kind: "change", document: { name } }) as const

test("undo and redo walk the same steps", () => {
  const two = reduce(reduce(begin(first), changed("two")), changed("three"))
  const back = reduce(two, { kind: "undo" })
  expect(back.document.name).toBe("two")
  expect(reduce(back, { kind: "redo" }).document.name).toBe("three")
  expect(reduce(reduce(back, { kind: "undo" }), { kind: "undo" }).document).toBe(first)
})

test("a change after an undo drops what was undone", () => {
  const back = reduce(reduce(begin(first), changed("two")), { kind: "undo" })
  expect(reduce(back, changed("other")).future).toEqual([])
})

test("a document changed back is not changed", () => {
  const there = reduce(begin(first), changed("two"))
  expect(isChanged(there)).toBe(true)
  expect(isChanged(reduce(there, changed("one")))).toBe(false)
})

test("saving resets the history", () => {
  const saved = reduce(reduce(begin(first), changed("two")), { kind: "saved", document: { name: "two" } })
  expect(isChanged(saved)).toBe(false)
  expect(reduce(saved, { kind: "undo" })).toBe(saved)
})

test("the undo history is bounded", () => {
  let history = begin(first)
  for (let i = 0; i < 300; i += 1) history = reduce(history, changed(String(i)))
  expect(history.past.length).toBe(100)
})

test("the document of a strategy excludes the fields set by the server", () => {
  const strategy = {
    id: 4,
    version: 2,
    name: "x",
    stops: { stop_loss_pct: 8 },
    owner: { display_name: "A" },
    is_public: false,
  }
  expect(documentOf(strategy)).toEqual({ name: "x", stops: { stop_loss_pct: 8 } })
})

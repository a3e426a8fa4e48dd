import { expect, test } from "vitest"
import { canImport, isOff, STATES, TRADE_FIELDS } from "@/features/uploads/words"
import type { UploadedFile } from "@/lib/queries/uploads"

const file = (change: Partial<UploadedFile>) =>
  ({ name: "a", sha256: "", kind: "tradebook", state: "preview", period: {}, ...change }) as UploadedFile
const check = (is_off: boolean) => ({ name: "Value", stated: "1", parsed: "1", difference: "0", is_off })

test("files are imported while one of them can be", () => {
  expect(canImport([])).toBe(false)
  expect(canImport([file({ state: "rejected" })])).toBe(false)
  expect(canImport([file({ state: "rejected" }), file({})])).toBe(true)
})

test("a file whose totals differ is told from one whose totals agree", () => {
  expect(isOff(file({}))).toBe(false)
  expect(isOff(file({ checks: [check(false)] }))).toBe(false)
  expect(isOff(file({ checks: [check(false), check(true)] }))).toBe(true)
})

test("a mapping asks for what a trade needs", () => {
  const needed = TRADE_FIELDS.filter((one) => one.isNeeded).map((one) => one.field)
  expect(needed).toEqual(["symbol", "traded_on", "side", "quantity", "price"])
  expect(new Set(Object.values(STATES).map((one) => one.label)).size).toBe(7)
})

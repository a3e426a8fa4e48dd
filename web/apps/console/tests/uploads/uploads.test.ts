import { toCsv } from "@tradertape/ui/charts/download.ts"
import { expect, test } from "vitest"
import { canImport, errorRows, errorsLink, isOff, STATES, TRADE_FIELDS } from "@/features/uploads/words"
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

test("rows that cannot be read are downloaded, of a preview and of a stored upload", () => {
  const bad = file({ rejected_rows: 2, rejected: [{ row: 3, column: "=trade_type", reason: "not a side" }] })
  expect(errorRows(bad)).toEqual([{ Row: 3, Column: "=trade_type", Reason: "not a side" }])
  expect(toCsv(errorRows(bad))).toBe("Row,Column,Reason\r\n3,'=trade_type,not a side")
  expect(errorsLink(bad)).toBeNull()
  expect(errorsLink(file({ ...bad, id: 7, state: "rejected" }))).toBe("/api/uploads/7/errors.csv")
  expect(errorsLink(file({ id: 7, state: "done" }))).toBeNull()
})

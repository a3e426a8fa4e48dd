import { expect, test } from "vitest"
import { toCsv } from "../src/charts/download.ts"
import { sparkPath } from "../src/charts/sparkline.tsx"
import { translucent } from "../src/charts/time-chart.ts"

test("cells with commas and quotes are quoted, nothing is empty", () => {
  const text = toCsv([
    { name: 'M&M, "auto"', pnl: -12.5, note: null },
    { name: "INFY", pnl: 3, note: undefined },
  ])
  expect(text).toBe('name,pnl,note\r\n"M&M, ""auto""",-12.5,\r\nINFY,3,')
})

test("a text that a spreadsheet would run as a formula is defused", () => {
  expect(toCsv([{ name: "=HYPERLINK(1)" }])).toBe("name\r\n'=HYPERLINK(1)")
})

test("no rows make no file", () => expect(toCsv([])).toBe(""))

test("a thumbnail spans its box from the lowest to the highest value", () => {
  expect(sparkPath([1, 3, 2], 100, 20)).toBe("M0.0 20.0L50.0 0.0L100.0 10.0")
  expect(sparkPath([5, 5], 100, 20)).toBe("M0.0 10.0L100.0 10.0")
  expect(sparkPath([5], 100, 20)).toBe("")
})

test("a token becomes translucent", () => {
  expect(translucent("#3848d0", 0.2)).toBe("rgba(56, 72, 208, 0.2)")
  expect(translucent("tomato", 0.2)).toBe("tomato")
})

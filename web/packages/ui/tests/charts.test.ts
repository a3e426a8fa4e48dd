import { expect, test } from "vitest"
import { toCsv } from "../src/charts/download.ts"
import { labelColumn, placedLabels, sighted } from "../src/charts/line-labels.ts"
import { rangesWithin, startOf } from "../src/charts/range.ts"
import { sparkPath } from "../src/charts/sparkline.tsx"
import { translucent } from "../src/charts/time-chart.ts"

test("cells with commas and quotes are quoted, undefined is empty", () => {
  const text = toCsv([
    { name: 'M&M, "auto"', pnl: -12.5, note: null },
    { name: "INFY", pnl: 3, note: undefined },
  ])
  expect(text).toBe('name,pnl,note\r\n"M&M, ""auto""",-12.5,\r\nINFY,3,')
})

test("text that a spreadsheet would run as a formula is escaped", () => {
  expect(toCsv([{ name: "=HYPERLINK(1)" }])).toBe("name\r\n'=HYPERLINK(1)")
  expect(toCsv([{ name: "\t=1" }])).toBe("name\r\n'\t=1")
})

test("no rows give an empty file", () => expect(toCsv([])).toBe(""))

test("a thumbnail spans its box from the lowest to the highest value", () => {
  expect(sparkPath([1, 3, 2], 100, 20)).toBe("M0.0 20.0L50.0 0.0L100.0 10.0")
  expect(sparkPath([5, 5], 100, 20)).toBe("M0.0 10.0L100.0 10.0")
  expect(sparkPath([5], 100, 20)).toBe("")
})

test("a token becomes translucent", () => {
  expect(translucent("#3848d0", 0.2)).toBe("rgba(56, 72, 208, 0.2)")
  expect(translucent("tomato", 0.2)).toBe("tomato")
})

const ROOM = { left: 0, width: 200, height: 100 }

test("labels far apart are placed at their lines in any order", () => {
  const boxes = [
    { y: 80, width: 60 },
    { y: 20, width: 60 },
  ]
  expect(placedLabels(boxes, ROOM)).toEqual([
    { x: 0, y: 80 },
    { x: 0, y: 20 },
  ])
})

test("labels of close lines are placed side by side, then in the next row", () => {
  const boxes = [50, 51, 52].map((y) => ({ y, width: 90 }))
  expect(placedLabels(boxes, ROOM)).toEqual([
    { x: 0, y: 50 },
    { x: 96, y: 50 },
    { x: 0, y: 67 },
  ])
})

test("labels of lines have a column, without prices where they would take too much of a phone", () => {
  const widths = [
    { full: 150, short: 80 },
    { full: 120, short: 90 },
  ]
  expect(labelColumn(widths, 1_000)).toEqual({ width: 158, hasPrices: true })
  expect(labelColumn(widths, 300)).toEqual({ width: 98, hasPrices: false })
  expect(labelColumn([], 1_000).width).toBe(0)
})

test("labels of a column at the right stay in it, one below the other", () => {
  const boxes = [50, 51, 52].map((y) => ({ y, width: 90 }))
  const column = { ...ROOM, left: ROOM.width - 90 }
  for (const place of placedLabels(boxes, column)) expect(place.x).toBe(column.left)
})

test("a line out of view has its label at the edge, with a suffix", () => {
  expect(sighted(-350.5, 300)).toEqual({ y: 0, beyond: ", above" })
  expect(sighted(1_200, 300)).toEqual({ y: 300, beyond: ", below" })
  for (const y of [0, 120, 300]) expect(sighted(y, 300)).toEqual({ y, beyond: "" })
})

test("labels do not overlap at either edge and stay inside the pane", () => {
  for (const edge of [0, 50, 100]) {
    const boxes = [0, 3, 1, 4, 1, 5, 9, 2].map((off, i) => ({
      y: Math.min(100, Math.max(0, edge + (edge === 100 ? -off : off))),
      width: 40 + 20 * (i % 3),
    }))
    const places = placedLabels(boxes, ROOM).map((place, i) => ({
      ...place,
      end: place.x + (boxes[i]?.width ?? 0),
    }))
    for (const [i, a] of places.entries()) {
      expect(a.y).toBeGreaterThanOrEqual(8)
      expect(a.y).toBeLessThanOrEqual(92)
      for (const b of places.slice(i + 1)) {
        expect(Math.abs(a.y - b.y) >= 17 || a.end <= b.x || b.end <= a.x).toBe(true)
      }
    }
  }
})

test("a range goes back by calendar months, to the last day of a shorter one", () => {
  expect(startOf("2026-08-31", 6)).toBe("2026-02-28")
  expect(startOf("2026-03-15", 12)).toBe("2025-03-15")
  expect(startOf("2026-01-31", 2)).toBe("2025-11-30")
})

test("only ranges shorter than the curve are offered, and the whole of it", () => {
  const labels = (first: string) => rangesWithin(first, "2026-01-01").map(({ label }) => label)
  expect(labels("2020-01-01")).toEqual(["6M", "1Y", "3Y", "5Y", "All"])
  expect(labels("2024-06-01")).toEqual(["6M", "1Y", "All"])
  expect(labels("2025-09-01")).toEqual(["All"])
  expect(rangesWithin(undefined, undefined)).toHaveLength(1)
})

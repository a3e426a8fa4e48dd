import { describe, expect, test } from "vitest"
import { fullStrength, strength } from "@/components/charts/heat"
import { distinctNames } from "@/features/backtests/compare/names"
import { histogram, roundWidth } from "@/features/backtests/result/sections/histogram"
import { candleRange } from "@/features/backtests/result/trades/trade-range"
import { bestOf, figureText, GROUPS, HEADLINES } from "@/features/backtests/shared/figures"
import { heatRows } from "@/features/backtests/shared/heat"
import { rebased } from "@/features/backtests/shared/rebase"

describe("the monthly heat map", () => {
  const monthly = [
    { year: 2024, month: 11, return: 2, benchmark: 1.5 },
    { year: 2024, month: 12, return: -4, benchmark: null },
    { year: 2025, month: 1, return: 0, benchmark: 1 },
  ]
  const yearly = [
    { year: 2024, return: -2.1, benchmark: 3 },
    { year: 2025, return: 0, benchmark: 1 },
  ]

  test("months outside the run stay empty", () => {
    const [first] = heatRows(monthly, yearly, "own")
    expect(first?.months.slice(9)).toEqual([null, 2, -4])
    expect(first?.whole).toBe(-2.1)
  })
  test("the excess is the difference, or null if the benchmark is unknown", () => {
    const [first, second] = heatRows(monthly, yearly, "excess")
    expect(first?.months.slice(10)).toEqual([0.5, null])
    expect(second?.months[0]).toBe(-1)
  })
  test("colour grows with the return and is capped", () => {
    expect(strength(0, 5)).toBe(0)
    expect(strength(null, 5)).toBe(0)
    expect(strength(-2, 5)).toBe(strength(2, 5))
    expect(strength(1, 5)).toBeLessThan(strength(2, 5))
    expect(strength(50, 5)).toBe(strength(5, 5))
  })
  test("an outlier month does not fade the others", () => {
    const values = [...Array.from({ length: 19 }, () => 2), 60, null]
    expect(fullStrength(values)).toBe(2)
    expect(fullStrength([])).toBe(1)
  })
})

describe("the histogram", () => {
  test("every value falls into one bin", () => {
    const values = [-12.3, -0.1, 0, 0.1, 4.9, 5, 31]
    const bins = histogram(values)
    expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(values.length)
  })
  test("no bin mixes gains with losses", () => {
    for (const { from, to } of histogram([-7.7, 3.1, 12])) expect(from >= 0 || to <= 0).toBe(true)
  })
  test("widths are round", () => {
    expect(roundWidth(60, 30)).toBe(2)
    expect(roundWidth(7, 30)).toBe(0.25)
    expect(roundWidth(9_000, 30)).toBe(300)
  })
  test("no values give no bins, one value gives one", () => {
    expect(histogram([])).toEqual([])
    expect(histogram([4])).toHaveLength(1)
  })
})

describe("the best of a row", () => {
  test("higher or lower, depending on the figure", () => {
    expect(bestOf([1, 3, 2], "high")).toEqual([1])
    expect(bestOf([1, 3, 2], "low")).toEqual([0])
  })
  test("ties are all best, unless all values are equal", () => {
    expect(bestOf([3, 3, 2], "high")).toEqual([0, 1])
    expect(bestOf([3, 3], "high")).toEqual([])
  })
  test("none is best if no direction is better, or only one value is known", () => {
    expect(bestOf([1, 2], undefined)).toEqual([])
    expect(bestOf([1, null, undefined], "high")).toEqual([])
  })
  test("the shallower drawdown is the better one", () => {
    const drawdown = HEADLINES.find(({ key }) => key === "max_drawdown")
    expect(bestOf([-30, -12], drawdown?.better)).toEqual([1])
  })
})

test("no figure is shown twice", () => {
  const keys = [...HEADLINES, ...GROUPS.flatMap(({ figures }) => figures)].map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})

test("a missing figure is a dash", () => {
  expect(figureText("signed", null)).toBe("–")
  expect(figureText("days", null)).toBe("–")
  expect(figureText("days", 813)).toBe("813 d")
})

test("curves start at 100 on their first known day", () => {
  const points = [
    { date: "2024-01-01", value: null },
    { date: "2024-01-02", value: 50 },
    { date: "2024-01-03", value: 60 },
  ]
  expect(rebased(points).map(({ value }) => value)).toEqual([null, 100, 120])
  expect(rebased([])).toEqual([])
})

test("the chart of a trade has a margin on both sides", () => {
  expect(candleRange({ entry_date: "2024-03-01", exit_date: "2024-03-11" }, "2025-01-01")).toEqual({
    start: "2024-01-16",
    end: "2024-04-25",
  })
  const held = candleRange({ entry_date: "2024-01-01", exit_date: null }, "2024-12-26")
  expect(held).toEqual({ start: "2023-09-03", end: "2025-04-25" })
})

test("equal names are made unique", () => {
  const run = (name: string, version: number | null) => ({ name: "", strategy: { id: 1, name, version } })
  expect(distinctNames([run("Dip", 1), run("Dip", 2), run("Alpha", 1)])).toEqual([
    "Dip v1",
    "Dip v2",
    "Alpha",
  ])
  expect(distinctNames([run("Dip", 1), run("Dip", 1)])).toEqual(["Dip v1 (1)", "Dip v1 (2)"])
})

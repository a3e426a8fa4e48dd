import { expect, test } from "vitest"
import { barsNeeded, isSettled, startUpTable } from "@/features/backtests/robustness/start-up"

const row = (indicator: string, start_up_bars: number, difference: number | null, missing = 0) => ({
  indicator,
  start_up_bars,
  max_difference_pct: difference,
  undefined: missing,
})

test("one row per indicator and one column per number of bars, ascending", () => {
  const table = startUpTable([row("rsi14", 60, 2.7), row("rsi14", 30, 13.8), row("close", 30, 0)])
  expect(table.bars).toEqual([30, 60])
  expect(table.lines.map(({ indicator }) => indicator)).toEqual(["rsi14", "close"])
  expect(table.lines[0]?.cells.map((cell) => cell?.max_difference_pct)).toEqual([13.8, 2.7])
  expect(table.lines[1]?.cells[1]).toBeUndefined()
})

test("a missing or distant value is not settled", () => {
  expect(isSettled(row("rsi14", 30, 0.99))).toBe(true)
  expect(isSettled(row("rsi14", 30, 1))).toBe(false)
  expect(isSettled(row("sma200", 30, 0, 3))).toBe(false)
  expect(isSettled(undefined)).toBe(false)
})

test("the required history is the smallest number of bars at which all are settled", () => {
  const rsi = [row("rsi14", 30, 14), row("rsi14", 60, 2.7), row("rsi14", 120, 0.04)]
  expect(barsNeeded(startUpTable(rsi))).toBe(120)
  expect(
    barsNeeded(startUpTable([...rsi, row("close", 30, 0), row("close", 60, 0), row("close", 120, 0)])),
  ).toBe(120)
  expect(barsNeeded(startUpTable(rsi.slice(0, 2)))).toBeNull()
})

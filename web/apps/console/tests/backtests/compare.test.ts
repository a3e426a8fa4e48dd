import type { Run } from "@tradertape/api/backtest.ts"
import { describe, expect, test } from "vitest"
import { commonPeriod, figuresOf, linesOf } from "@/features/backtests/compare/common-period"
import { differencesOf } from "@/features/backtests/compare/differences"
import { tradesTitle } from "@/features/backtests/result/tabs/trades-title"

type Compared = Pick<Run, "equity_curve" | "config" | "strategy_snapshot">

function run(days: [date: string, equity: number, benchmark: number | null][], more: object = {}): Compared {
  return {
    equity_curve: days.map(([date, equity, benchmark]) => ({ date, equity, benchmark })),
    config: { benchmark: "NIFTY 50" },
    strategy_snapshot: {},
    ...more,
  } as unknown as Compared
}

const EARLY = run([
  ["2024-01-01", 1_000, 500],
  ["2024-01-02", 2_000, 600],
  ["2024-01-03", 2_200, 660],
])
const LATE = run([
  ["2024-01-02", 50, 600],
  ["2024-01-03", 60, 660],
  ["2024-01-04", 30, 700],
])

describe("the common period", () => {
  test("is the days that all runs have, and each curve starts at 100 on its first", () => {
    const period = commonPeriod([EARLY, LATE])
    expect(period).toEqual({ from: "2024-01-02", to: "2024-01-03", isWhole: false })
    if (!period) return
    const lines = linesOf([EARLY, LATE], ["a", "b"], period)
    expect(lines.map(({ label, isBenchmark }) => [label, isBenchmark])).toEqual([
      ["a", false],
      ["b", false],
      ["NIFTY 50", true],
    ])
    expect(lines.map(({ points }) => points.map(({ value }) => Math.round(value ?? 0)))).toEqual([
      [100, 110],
      [100, 120],
      [100, 110],
    ])
  })

  test("is whole if the runs cover the same days", () => {
    expect(commonPeriod([EARLY, EARLY])?.isWhole).toBe(true)
  })

  test("does not exist if the runs share no day", () => {
    const later = run([
      ["2025-01-01", 1, 1],
      ["2025-01-02", 1, 1],
    ])
    expect(commonPeriod([EARLY, later])).toBeNull()
    expect(commonPeriod([EARLY, run([])])).toBeNull()
  })

  test("has a line of each benchmark, and none without prices", () => {
    const other = run(
      EARLY.equity_curve.map(({ date, equity }) => [date, equity, null]),
      { config: { benchmark: "NIFTY BANK" } },
    )
    const period = commonPeriod([EARLY, other])
    expect(period && linesOf([EARLY, other], ["a", "b"], period).map(({ label }) => label)).toEqual([
      "a",
      "b",
      "NIFTY 50",
    ])
  })
})

describe("the figures of a period", () => {
  test("are those of the report", () => {
    const points = [
      { date: "2023-01-01", value: 100 },
      { date: "2023-07-01", value: 120 },
      { date: "2023-10-01", value: 90 },
      { date: "2024-01-01", value: 110 },
    ]
    const { total_return, cagr, max_drawdown, volatility, sharpe } = figuresOf(points)
    expect(total_return).toBeCloseTo(10, 9)
    expect(cagr).toBeCloseTo((1.1 ** (365.25 / 365) - 1) * 100, 9)
    expect(max_drawdown).toBeCloseTo(-25, 9)
    // Daily returns 20 %, -25 % and 22.2 %: mean 5.74 %, deviation 26.67 %.
    expect(volatility).toBeCloseTo(423.4, 0)
    expect(sharpe).toBeCloseTo(3.417, 2)
  })

  test("a growth rate a year needs sixty days, and two days say nothing", () => {
    const days = ["2024-01-01", "2024-01-02", "2024-02-20"].map((date, i) => ({ date, value: 100 + i }))
    expect(figuresOf(days).cagr).toBeNull()
    expect(figuresOf(days).total_return).toBeCloseTo(2, 9)
    expect(figuresOf(days.slice(0, 2)).total_return).toBeNull()
  })
})

describe("what differs", () => {
  const base = {
    name: "Old",
    stops: { initial_pct: 8 },
    entry_rules: { all: [{ type: "below", value: 30 }] },
  }

  test("are the rules, then the settings; a name is no rule", () => {
    const changed = {
      ...base,
      name: "New",
      stops: { initial_pct: 10, target_pct: 20 },
      entry_rules: { all: [{ type: "below", value: 35 }] },
    }
    const differences = differencesOf([
      run([], { strategy_snapshot: base, config: { slippage_bps: 5, sizing: { method: "equal" } } }),
      run([], { strategy_snapshot: changed, config: { slippage_bps: 8, sizing: { method: "equal" } } }),
    ])
    expect(differences).toEqual([
      { label: "Stops, initial pct", values: ["8", "10"] },
      { label: "Entry rules, all, 1, value", values: ["30", "35"] },
      { label: "Stops, target pct", values: ["–", "20"] },
      { label: "Slippage bps", values: ["5", "8"] },
    ])
  })

  test("is nothing between equal runs", () => {
    expect(differencesOf([EARLY, LATE])).toEqual([])
  })
})

describe("the title of the trades", () => {
  const of = (closed: number, open: number) =>
    ({ trades: Array(closed), open_positions: Array(open) }) as unknown as Parameters<typeof tradesTitle>[0]

  test("tells closed trades, as the headline counts them, from open ones", () => {
    expect(tradesTitle(of(702, 8), 710)).toBe("702 closed trades and 8 open")
    expect(tradesTitle(of(702, 8), 12)).toBe("12 of 702 closed trades and 8 open")
    expect(tradesTitle(of(1, 0), 1)).toBe("1 closed trade")
  })
})

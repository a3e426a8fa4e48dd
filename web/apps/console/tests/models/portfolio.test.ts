import type { RunConfig } from "@tradertape/api/backtest.ts"
import { describe, expect, it } from "vitest"
import { shifted } from "@/components/models/days"
import { toStop } from "@/components/models/position-columns"
import { exitText, reasonText, stageText } from "@/components/models/words"
import { paperSettings } from "@/features/backtests/shared/paper-settings"
import { askOf, doneText, scanText } from "@/features/portfolios/detail/action-words"
import { curvesOf, dailyPnl, lastYear, monthRows } from "@/features/portfolios/detail/series"
import { growth, MOST_COMPARED, toggled } from "@/features/portfolios/list/selection"
import { levelsOf, marksOf } from "@/features/positions/position-marks"
import type { Scan } from "@/lib/queries/models"
import { madePage, madePosition, madeSignal } from "./made"

const day = (date: string, equity: number, benchmark: number | null = null) => ({
  date,
  equity,
  benchmark,
  cash: 0,
  drawdown_pct: 0,
})

describe("the curves of a portfolio", () => {
  const curve = [day("2026-01-01", 100_000, 100), day("2026-01-02", 101_000, 99), day("2026-01-05", 99_000)]

  it("begin with the same capital, in rupees and as growth of 100", () => {
    expect(curvesOf(curve, 100_000, false).benchmark.map(({ value }) => value)).toEqual([
      100_000,
      99_000,
      null,
    ])
    const { own, benchmark } = curvesOf(curve, 100_000, true)
    expect(own.map(({ value }) => value)).toEqual([100, 101, 99])
    expect(benchmark[1]?.value).toBeCloseTo(99)
  })

  it("give each day's profit, the first against the starting capital", () => {
    expect(dailyPnl(curve, 99_500).map(({ pnl }) => pnl)).toEqual([500, 1000, -2000])
  })

  it("show at most a year on the calendar", () => {
    const days = ["2025-01-05", "2025-01-06", "2026-01-05"].map((date) => ({ date }))
    expect(lastYear(days)).toEqual([{ date: "2025-01-06" }, { date: "2026-01-05" }])
    expect(lastYear([])).toEqual([])
  })
})

describe("the months of a portfolio", () => {
  const months = [
    { month: "2025-12", return_pct: 10, benchmark_pct: 4 },
    { month: "2026-01", return_pct: 10, benchmark_pct: 5 },
    { month: "2026-02", return_pct: -10, benchmark_pct: null },
  ]

  it("are in rows of years, whose return compounds", () => {
    const [first, second] = monthRows(months, false)
    expect(first?.year).toBe(2025)
    expect(first?.months[11]).toBe(10)
    expect(first?.months[0]).toBeNull()
    expect(second?.whole).toBeCloseTo(-1)
  })

  it("have no excess where the benchmark is unknown", () => {
    const [first, second] = monthRows(months, true)
    expect(first?.months[11]).toBe(6)
    expect(second?.months[1]).toBeNull()
    expect(second?.whole).toBeNull()
  })
})

describe("the comparison", () => {
  it("takes one more and drops the first beyond the most", () => {
    expect(toggled([1, 2], 3)).toEqual([1, 2, 3])
    expect(toggled([1, 2], 1)).toEqual([2])
    const full = Array.from({ length: MOST_COMPARED }, (_, i) => i)
    expect(toggled(full, 99)).toEqual([...full.slice(1), 99])
  })

  it("begins each curve at its own capital", () => {
    expect(growth([{ date: "2026-01-01", equity: 110 }], 100)[0]?.value).toBeCloseTo(110)
    expect(growth([{ date: "2026-01-01", equity: 110 }], 0)[0]?.value).toBeNull()
  })
})

describe("what the buttons say", () => {
  const page = madePage({
    positions: [madePosition(), madePosition({ id: 2 })],
    signals: { pending: [madeSignal()], in_cart: [madeSignal({ id: 2 })], live: [], recent: [] },
    closed_trades: { items: [], total: 7 },
  })

  it("names what a pause ends and keeps", () => {
    const text = askOf("pause", page)?.text ?? ""
    expect(text).toContain("2 signals waiting and 0 orders at the market end now")
    expect(text).toContain("Its 2 open positions keep their stops")
  })

  it("names what a reset puts aside", () => {
    const text = askOf("reset", page)?.text ?? ""
    expect(text).toContain("begins anew with ₹5,00,000")
    expect(text).toContain("2 open positions, 7 closed trades and all signals")
  })

  it("asks nothing before resuming", () => {
    expect(askOf("resume", page)).toBeNull()
    expect(doneText("resume", "Journey")).toBe("Journey is active again")
  })

  it("says what a scan found", () => {
    const found = (days: number, created: number) =>
      ({ portfolios: [{ days, created, exits: 1 }] }) as unknown as Scan
    expect(scanText(found(1, 12))).toBe("Scanned 1 day: 12 new signals, 1 exit")
    expect(scanText(found(0, 0))).toContain("Nothing new")
  })
})

describe("positions", () => {
  it("show how far the stop is from the close", () => {
    expect(toStop(madePosition({ ltp: 1000, stop_price: 950 }))).toBeCloseTo(5)
    expect(toStop(madePosition({ stop_price: null }))).toBeNull()
  })

  it("have the stop while they are held, and the exit when they are sold", () => {
    expect(levelsOf(madePosition({ target_price: 1700 })).map(({ label }) => label)).toEqual([
      "entry",
      "stop",
      "target",
    ])
    const sold = madePosition({ open_quantity: 0, exit_price: 1600, net_pnl: 6000 })
    expect(levelsOf(sold)).toEqual([
      { price: 1500, label: "entry", tone: "accent" },
      { price: 1600, label: "exit", tone: "gain" },
    ])
  })

  it("mark the purchase and every sale", () => {
    const sale = { date: "2026-07-01", reason: "stop", quantity: 66, price: 1400, gross_pnl: -6600 }
    const marks = marksOf(madePosition({ sales: [{ ...sale, charges: 1, dividends: 0 }] }))
    expect(marks.map(({ date, text, tone }) => [date, text, tone])).toEqual([
      ["2026-06-11", "buy", "accent"],
      ["2026-07-01", "Stop", "loss"],
    ])
  })
})

describe("words", () => {
  it("are known for reasons, exits and stages, and made for others", () => {
    expect(reasonText("sector_cap")).toBe("The sector has its most positions")
    expect(reasonText("risk_limit")).toBe("Risk limit")
    expect(exitText("exit_rule:rsi_overbought")).toBe("Rule: rsi overbought")
    expect(exitText("gap_down")).toBe("Gap down")
    expect(exitText(null)).toBe("–")
    expect(stageText("placed")).toBe("Order placed")
    expect(stageText("rejected")).toBe("Rejected")
  })

  it("count days over months and years", () => {
    expect(shifted("2026-03-01", -1)).toBe("2026-02-28")
    expect(shifted("2025-12-31", 1)).toBe("2026-01-01")
  })
})

describe("a backtest's settings for a portfolio", () => {
  const config: RunConfig = {
    universe: "nifty_50",
    start_date: "2020-01-01",
    end_date: "2025-12-31",
    starting_capital: 500_000,
    position_size_pct: 8,
    max_positions: 12,
    max_per_sector: 3,
    slippage_bps: 7,
    fill_model: "gtt_touch",
    benchmark: "NIFTY 100",
    sizing: { method: "atr", risk_per_trade_pct: 0.5, extra: 1 },
  }

  it("are those it was run with", () => {
    expect(paperSettings(config)).toEqual({
      universe: "nifty_50",
      starting_capital: 500_000,
      position_size_pct: 8,
      max_positions: 12,
      max_per_sector: 3,
      slippage_bps: 7,
      paper_fill: "touch",
      benchmark: "NIFTY 100",
      sizing: { method: "atr", risk_per_trade_pct: 0.5 },
    })
  })

  it("leave out what a run did not have", () => {
    const found = paperSettings({ ...config, fill_model: "auto", benchmark: null, sizing: undefined })
    expect(found).not.toHaveProperty("benchmark")
    expect(found).not.toHaveProperty("sizing")
    expect(found.paper_fill).toBe("close")
  })
})

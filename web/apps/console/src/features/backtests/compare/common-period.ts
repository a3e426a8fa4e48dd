/** Runs on the days that all of them have, and their benchmarks beside them. */
import type { Run } from "@tradertape/api/backtest.ts"

export interface Point {
  date: string
  value: number | null
}

export interface Line {
  label: string
  isBenchmark: boolean
  points: Point[]
}

export interface Period {
  from: string
  to: string
  /** Whether each run covers this period and no other day. */
  isWhole: boolean
}

type Compared = Pick<Run, "equity_curve" | "config">

/** The days from the latest first to the earliest last; null if the runs share none. */
export function commonPeriod(runs: readonly Compared[]): Period | null {
  const curves = runs.map((run) => run.equity_curve)
  const firsts = curves.map((curve) => curve[0]?.date ?? "")
  const lasts = curves.map((curve) => curve.at(-1)?.date ?? "")
  const from = firsts.reduce((a, b) => (a > b ? a : b), "")
  const to = lasts.reduce((a, b) => (a < b ? a : b), "9999")
  if (!from || from >= to || firsts.includes("")) return null
  const isWhole = firsts.every((day) => day === from) && lasts.every((day) => day === to)
  return { from, to, isWhole }
}

/** Curves of the runs and of each of their benchmarks once, within a period, each starting at 100. */
export function linesOf(runs: readonly Compared[], names: readonly string[], period: Period): Line[] {
  const own = runs.map((run, i) => ({
    label: names[i] ?? "",
    isBenchmark: false,
    points: within(run.equity_curve, period, (day) => day.equity),
  }))
  const benchmarks = new Map<string, Line>()
  for (const run of runs) {
    const label = String(run.config.benchmark ?? "Benchmark")
    const points = within(run.equity_curve, period, (day) => day.benchmark)
    if (!benchmarks.has(label) && points.some(({ value }) => value !== null))
      benchmarks.set(label, { label, isBenchmark: true, points })
  }
  return [...own, ...benchmarks.values()]
}

type Day = Run["equity_curve"][number]

function within(curve: readonly Day[], { from, to }: Period, read: (day: Day) => number | null): Point[] {
  const days = curve.filter(({ date }) => date >= from && date <= to)
  const first = days.map(read).find((value) => value !== null && value !== 0)
  return days.map((day) => {
    const value = read(day)
    return { date: day.date, value: value === null || !first ? null : (value / first) * 100 }
  })
}

export interface PeriodFigures {
  total_return: number | null
  cagr: number | null
  max_drawdown: number | null
  volatility: number | null
  sharpe: number | null
}

/** Below this many calendar days a growth rate a year says nothing, as in the report of a run. */
const LEAST_DAYS = 60
const TRADING_DAYS = 252
const NOTHING = { total_return: null, cagr: null, max_drawdown: null, volatility: null, sharpe: null }

/** Figures of a curve, defined as in the report of a run, with a risk-free rate of 0. */
export function figuresOf(points: readonly Point[]): PeriodFigures {
  const known = points.flatMap(({ date, value }) => (value === null ? [] : [{ date, value }]))
  const first = known[0]
  const last = known.at(-1)
  if (!first || !last || known.length < 3) return NOTHING
  const growth = last.value / first.value
  const days = (Date.parse(last.date) - Date.parse(first.date)) / 86_400_000
  const daily = known.slice(1).map(({ value }, i) => value / (known[i]?.value ?? value) - 1)
  const mean = daily.reduce((sum, one) => sum + one, 0) / daily.length
  const variance = daily.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (daily.length - 1)
  const deviation = Math.sqrt(variance)
  return {
    total_return: (growth - 1) * 100,
    cagr: days < LEAST_DAYS ? null : (growth ** (365.25 / days) - 1) * 100,
    max_drawdown: deepest(known.map(({ value }) => value)),
    volatility: deviation * Math.sqrt(TRADING_DAYS) * 100,
    sharpe: deviation > 0 ? (mean / deviation) * Math.sqrt(TRADING_DAYS) : null,
  }
}

function deepest(values: readonly number[]): number {
  let peak = 0
  let worst = 0
  for (const value of values) {
    peak = Math.max(peak, value)
    worst = Math.min(worst, value / peak - 1)
  }
  return worst * 100
}

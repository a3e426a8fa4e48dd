import type { LiveCandle } from "@tradertape/api/generated/types.gen.ts"
import { chartTime, type PriceCandle, type PriceMark } from "@tradertape/ui/charts/price-chart.tsx"
import { price, quantity as units } from "@tradertape/ui/format.ts"
import type { Tick } from "@/lib/live"
import type { Activity } from "@/lib/queries/live"
import type { Interval } from "./intervals"

const INDIAN_DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Kolkata" })

/** A candle's time on the chart: its Indian date, or Indian time in seconds. */
function placeOf(ts: string, interval: Interval): string | number {
  return interval.id === "day" ? INDIAN_DAY.format(new Date(ts)) : chartTime(ts)
}

/**
 * The day's candle of a demo session, which may begin at any hour, is labelled with its beginning; that of an
 * exchange's session with midnight.
 */
function isExtra(ts: string, interval: Interval): boolean {
  return interval.id === "day" && chartTime(ts) % 86_400 !== 0
}

export function asPrice({ ts, open, high, low, close, volume }: LiveCandle, interval: Interval): PriceCandle {
  return { time: placeOf(ts, interval), open, high, low, close, volume }
}

/** One candle of two sessions of a day, the earlier first. */
function together(earlier: PriceCandle, later: PriceCandle): PriceCandle {
  return {
    ...later,
    open: earlier.open,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    volume: earlier.volume + later.volume,
  }
}

/** Merge history and the current session; where both have a candle the session's is newer. */
export function joined(
  past: readonly LiveCandle[],
  session: readonly LiveCandle[],
  interval: Interval,
): PriceCandle[] {
  const byPlace = new Map<string | number, PriceCandle>()
  for (const candle of [...past, ...session]) {
    const made = asPrice(candle, interval)
    const known = byPlace.get(made.time)
    byPlace.set(made.time, known && isExtra(candle.ts, interval) ? together(known, made) : made)
  }
  return [...byPlace.values()].toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
}

/**
 * The current candle on the chart. A demo session that lasts past midnight belongs to the day of its last tick, as
 * its trades do; where that day has a candle already, the two are one.
 */
export function currentPrice(
  going: LiveCandle,
  tick: Tick | undefined,
  candles: readonly PriceCandle[],
  interval: Interval,
): PriceCandle {
  if (!isExtra(going.ts, interval)) return asPrice(going, interval)
  const isLater = tick && new Date(tick.ts) > new Date(going.ts)
  const made = asPrice(isLater ? { ...going, ts: tick.ts } : going, interval)
  const known = candles.findLast(({ time }) => time === made.time)
  return known ? together(known, made) : made
}

/** Apply a tick to the current candle, or start the next one when its interval is over. */
export function followed(
  current: LiveCandle | null,
  tick: Tick | undefined,
  interval: Interval,
): LiveCandle | null {
  if (!current || !tick) return current
  const length_ms = interval.minutes * 60_000
  const since_ms = new Date(tick.ts).getTime() - new Date(current.ts).getTime()
  if (since_ms < 0) return current
  if (interval.id !== "day" && since_ms >= length_ms) {
    const starts_ms = new Date(current.ts).getTime() + Math.floor(since_ms / length_ms) * length_ms
    const { ltp } = tick
    return {
      ...current,
      ts: new Date(starts_ms).toISOString(),
      open: ltp,
      high: ltp,
      low: ltp,
      close: ltp,
      volume: 0,
    }
  }
  return {
    ...current,
    high: Math.max(current.high, tick.ltp),
    low: Math.min(current.low, tick.ltp),
    close: tick.ltp,
  }
}

type Place = Pick<PriceCandle, "time">

/** All candles including the current one. */
export function drawn(candles: readonly PriceCandle[], going: Place["time"] | undefined): readonly Place[] {
  return going === undefined || candles.at(-1)?.time === going ? candles : [...candles, { time: going }]
}

/** Markers for our trades, one per side and candle. */
export function marksOf(
  fills: Activity["fills"],
  candles: readonly Place[],
  interval: Interval,
): PriceMark[] {
  const found = new Map<
    string,
    { time: string | number; side: "BUY" | "SELL"; quantity: number; value: number }
  >()
  for (const fill of fills) {
    const at = placeOf(fill.at, interval)
    const candle = candles.findLast(({ time }) => time <= at)
    if (!candle) continue
    const side = fill.side === "BUY" ? "BUY" : "SELL"
    const key = `${candle.time} ${side}`
    const sum = found.get(key) ?? { time: candle.time, side, quantity: 0, value: 0 }
    sum.quantity += fill.quantity
    sum.value += fill.quantity * fill.price
    found.set(key, sum)
  }
  return [...found.values()]
    .toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .map(({ time, side, quantity, value }) => ({
      time,
      side,
      text: `${side === "BUY" ? "B" : "S"} ${units(quantity)}`,
      detail: `@ ${price(value / quantity)}`,
    }))
}

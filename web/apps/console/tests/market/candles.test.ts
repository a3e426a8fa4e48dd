import type { LiveCandle } from "@tradertape/api/generated/types.gen.ts"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { currentPrice, drawn, followed, joined, marksOf } from "@/features/market/symbol/candles"
import { historyFrom, INTERVALS, intervalOf } from "@/features/market/symbol/intervals"
import { linesOf } from "@/features/market/symbol/levels"
import { proposals } from "@/features/market/symbol/unknown"
import type { Tick } from "@/lib/live"
import type { Activity } from "@/lib/queries/live"

const FIVE = intervalOf("5minute")
const DAY = intervalOf("day")

function candle(time: string, close: number, changes: Partial<LiveCandle> = {}): LiveCandle {
  return {
    ts: `2026-11-20T${time}:00+05:30`,
    open: 100,
    high: Math.max(100, close),
    low: Math.min(100, close),
    close,
    volume: 10,
    oi: 0,
    is_complete: true,
    has_gap: false,
    ...changes,
  }
}

function tick(time: string, ltp: number): Tick {
  return { ltp, close: 99, change: 1, change_pct: 1, ts: `2026-11-20T${time}+05:30`, seq: 1 }
}

test("history and session are merged, and the session's candle wins", () => {
  const both = joined(
    [candle("09:15", 101), candle("09:20", 102)],
    [candle("09:20", 103), candle("09:25", 104)],
    FIVE,
  )
  expect(both.map(({ close }) => close)).toEqual([101, 103, 104])
  // Indian time as if it were UTC: 09:15 stays 09:15.
  expect(new Date(Number(both[0]?.time) * 1_000).toISOString()).toBe("2026-11-20T09:15:00.000Z")
  expect(joined([candle("09:15", 1)], [], DAY)[0]?.time).toBe("2026-11-20")
})

describe.each(["Asia/Kolkata", "America/Los_Angeles", "Pacific/Kiritimati", "UTC"])("a day in %s", (zone) => {
  beforeEach(() => {
    vi.stubEnv("TZ", zone)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
  })
  const friday = candle("00:00", 102)

  test("is the exchange's, however its beginning is written", () => {
    const asUtc = { ...friday, ts: "2026-11-19T18:30:00Z" }
    expect(joined([friday], [], DAY).map(({ time }) => time)).toEqual(["2026-11-20"])
    expect(joined([friday], [asUtc], DAY).map(({ time }) => time)).toEqual(["2026-11-20"])
  })

  test("stands once, with the demo session of its evening", () => {
    const demo = candle("21:45", 95, { open: 102, high: 110, volume: 5, is_complete: false })
    const candles = joined([friday], [], DAY)
    const evening = currentPrice(demo, tick("22:10:00", 95), candles, DAY)
    expect(evening).toEqual({ time: "2026-11-20", open: 100, high: 110, low: 95, close: 95, volume: 15 })
    expect(joined([friday], [demo], DAY)).toEqual([evening])
  })

  test("ends at midnight: what trades then is the next day's", () => {
    const demo = candle("21:45", 95, { is_complete: false })
    const late = { ...tick("00:00:00", 95), ts: "2026-11-21T03:50:00+05:30" }
    expect(currentPrice(demo, late, joined([friday], [], DAY), DAY)).toMatchObject({
      time: "2026-11-21",
      volume: 10,
    })
    expect(currentPrice(friday, late, [], DAY).time).toBe("2026-11-20")
  })
})

describe("the current candle", () => {
  const current = candle("09:20", 102, { is_complete: false })

  test("follows ticks up and down", () => {
    const up = followed(current, tick("09:21:00", 105), FIVE)
    expect(up).toMatchObject({ high: 105, low: 100, close: 105 })
    expect(followed(up, tick("09:22:00", 98), FIVE)).toMatchObject({ high: 105, low: 98, close: 98 })
  })

  test("is followed by the next one after its interval, across gaps", () => {
    const next = followed(current, tick("09:37:12", 90), FIVE)
    expect(next).toMatchObject({ open: 90, high: 90, low: 90, close: 90, volume: 0 })
    expect(next?.ts).toBe(new Date("2026-11-20T09:35:00+05:30").toISOString())
  })

  test("an earlier tick changes nothing; a daily candle continues at any hour", () => {
    expect(followed(current, tick("09:19:59", 50), FIVE)).toBe(current)
    expect(followed(current, undefined, FIVE)).toBe(current)
    expect(followed(null, tick("09:21:00", 1), FIVE)).toBeNull()
    expect(followed(current, tick("15:29:00", 120), DAY)).toMatchObject({ ts: current.ts, close: 120 })
  })
})

const NOTHING: Activity = {
  instrument: "NSE:INFY",
  fills: [],
  orders: [],
  triggers: [],
  positions: [],
  protections: [],
}

function fill(time: string, side: string, quantity: number, price: number): Activity["fills"][number] {
  return { at: `2026-11-20T${time}+05:30`, order_id: "1", run_id: "r", side, product: "CNC", quantity, price }
}

test("a trade of this minute stands on the current candle, not on the one before", () => {
  const candles = joined([candle("09:15", 100)], [], FIVE)
  const going = joined([candle("09:20", 100)], [], FIVE)[0]?.time
  const [mark] = marksOf([fill("09:21:00", "BUY", 1, 99)], drawn(candles, going), FIVE)
  expect(mark?.time).toBe(going)
  expect(drawn(candles, undefined)).toBe(candles)
  expect(drawn(candles, candles[0]?.time)).toBe(candles)
})

test("trades are marked on their candles, one marker per side", () => {
  const candles = joined([candle("09:15", 100), candle("09:20", 100)], [], FIVE)
  const marks = marksOf(
    [
      fill("09:16:00", "BUY", 10, 100),
      fill("09:17:00", "BUY", 30, 104),
      fill("09:18:00", "SELL", 5, 105),
      fill("09:21:00", "BUY", 1, 99),
      fill("09:00:00", "BUY", 7, 50),
    ],
    candles,
    FIVE,
  )
  expect(marks.map(({ text, detail }) => `${text} ${detail}`)).toEqual([
    "B 40 @ 103.00",
    "S 5 @ 105.00",
    "B 1 @ 99.00",
  ])
  expect(marks.map(({ time }) => time)).toEqual([candles[0]?.time, candles[0]?.time, candles[1]?.time])
})

test("open orders and GTTs with a price are lines", () => {
  const lines = linesOf({
    ...NOTHING,
    orders: [
      { order_type: "LIMIT", price: 95, trigger_price: 0, side: "BUY", pending_quantity: 10 },
      { order_type: "SL", price: 90, trigger_price: 91, side: "SELL", pending_quantity: 5 },
      { order_type: "MARKET", price: 0, trigger_price: 0, side: "BUY", pending_quantity: 1 },
    ] as Activity["orders"],
    triggers: [{ gtt_id: 1, trigger: 80, side: "BUY", quantity: 3 }],
    protections: [
      { stop_price: 92, target_price: 110, trailing_price: null } as Activity["protections"][number],
    ],
    positions: [{ run_id: null, product: "CNC", quantity: -4, average_price: 101 }],
  })
  expect(lines.map(({ price, label }) => [price, label])).toEqual([
    [95, "Buy 10 LIMIT"],
    [91, "Sell 5 SL"],
    [80, "GTT buy 3"],
    [92, "Stop"],
    [110, "Target"],
    [101, "Short 4"],
  ])
  expect(linesOf(undefined)).toEqual([])
})

test("all intervals of Kite are available, and an unknown one falls back to five minutes", () => {
  expect(INTERVALS.map(({ id }) => id)).toEqual([
    "minute",
    "3minute",
    "5minute",
    "10minute",
    "15minute",
    "30minute",
    "60minute",
    "day",
  ])
  expect(intervalOf("2minute")).toBe(FIVE)
  expect(historyFrom(FIVE, new Date("2026-11-20T10:00:00Z"))).toBe("2026-11-10")
})

test("suggested names are parsed from the error message", () => {
  expect(proposals("Unknown instrument NSE:INFYY; did you mean NSE:INFY, NSE:INFOBEAN?")).toEqual([
    "NSE:INFY",
    "NSE:INFOBEAN",
  ])
  expect(proposals("Unknown instrument NSE:QQQ")).toEqual([])
})

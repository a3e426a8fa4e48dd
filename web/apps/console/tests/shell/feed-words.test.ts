import { expect, test } from "vitest"
import { feedWords } from "@/app/shell/top-bar/feed-words"
import type { FeedStatus } from "@/lib/live-socket"

const OPEN: FeedStatus = {
  link: "open",
  connected: true,
  source: "simulated",
  simulated: true,
  demo: true,
  stale: false,
  reason: "",
}

const NSE: FeedStatus = { ...OPEN, source: "exchange", simulated: false, label: "live NSE" }
const at = { last_tick_at: "2026-11-27T09:30:00Z" }

test.each([
  [OPEN, 1, "good", "Simulated market"],
  [{ ...OPEN, source: "kite", simulated: false }, 1, "good", "KITE"],
  [{ ...OPEN, ...at, stale: true }, 2, "warn", "Simulated market: prices stale"],
  [{ ...OPEN, stale: true }, 2, "warn", "Simulated market: no prices"],
  [OPEN, 150, "warn", "Simulated market: prices stale, 2 min old"],
  [{ ...OPEN, link: "lost" as const }, 40, "warn", "Reconnecting, 40 s old"],
  [{ ...OPEN, source: "off" }, 1, "plain", "No live prices"],
  [{ ...OPEN, link: "connecting" as const, source: "" }, null, "plain", "Connecting"],
  [{ ...OPEN, link: "refused" as const }, null, "warn", "Not connected"],
  [{ ...NSE, connected: false, reason: "…" }, 2, "plain", "Live NSE: connecting"],
  [{ ...NSE, connected: false, stale: true, reason: "…" }, 2, "warn", "Live NSE: no prices"],
])("%j heard %s s ago is %s: %s", (status, silent_s, tone, text) => {
  expect(feedWords(status, silent_s)).toMatchObject({ tone, text })
})

test.each([
  ["live NSE through Zerodha Kite", "Live NSE through Zerodha Kite"],
  ["live NSE through Zerodha Kite, Upstox and Groww", "Live NSE through 3 brokers"],
  ["sandbox, not the exchange through Zerodha Kite and Groww", "Sandbox, not the exchange"],
])("on a phone %s is %s", (label, short) => {
  expect(feedWords({ ...NSE, label }, 1)).toMatchObject({ short, tone: "good" })
})

test("on a phone prices that are stale are named without their brokers", () => {
  const stale = { ...NSE, ...at, stale: true, label: "sandbox, not the exchange through Groww" }
  expect(feedWords(stale, 1)).toMatchObject({
    text: "Sandbox, not the exchange through Groww: prices stale",
    short: "Sandbox: prices stale",
  })
})

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

test.each([
  [OPEN, 1, "good", "Simulated market"],
  [{ ...OPEN, source: "kite", simulated: false }, 1, "good", "KITE"],
  [{ ...OPEN, stale: true }, 12, "warn", "Simulated market: prices stale, 12 s old"],
  [OPEN, 150, "warn", "Simulated market: prices stale, 2 min old"],
  [{ ...OPEN, link: "lost" as const }, 40, "warn", "Reconnecting, 40 s old"],
  [{ ...OPEN, source: "off" }, 1, "plain", "No live prices"],
  [{ ...OPEN, link: "connecting" as const, source: "" }, null, "plain", "Connecting"],
  [{ ...OPEN, link: "refused" as const }, null, "warn", "Not connected"],
])("%j heard %s s ago is %s: %s", (status, silent_s, tone, text) => {
  expect(feedWords(status, silent_s)).toMatchObject({ tone, text })
})

import { expect, test } from "vitest"
import { marketWords } from "@/app/shell/market-words"

const SESSION = { session_start: "2026-11-20T09:15:00+05:30", session_end: "2026-11-20T15:30:00+05:30" }
const at = (time: string) => new Date(`2026-11-20T${time}+05:30`)

test.each([
  [{ ...SESSION, demo: false }, "12:00:00", "Market open"],
  [{ ...SESSION, demo: true }, "12:00:00", "Open in simulation"],
  [{ ...SESSION, demo: false }, "15:30:00", "Market closed"],
  [{ ...SESSION, demo: true }, "09:14:59", "Market closed"],
  [{ session_start: null, session_end: null, demo: false }, "12:00:00", "Market closed"],
])("%j at %s: %s", (hours, time, text) => expect(marketWords(hours, at(time)).text).toBe(text))

test("an open market says until when", () => {
  expect(marketWords({ ...SESSION, demo: false }, at("12:00:00")).hint).toContain("20 Nov 2026, 15:30 IST")
})

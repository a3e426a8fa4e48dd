import { expect, test } from "vitest"
import { brokersOf, driftOf, executionOf, presenceOf } from "@/features/settings/agent/agent-words"

test("an agent that was not heard of is offline", () => {
  expect(presenceOf({ online: true })).toEqual({ text: "online", tone: "green" })
  expect(presenceOf({ online: false })).toEqual({ text: "offline", tone: "red" })
})

test("the broker that places orders comes first, and one without a session says so", () => {
  const brokers = [
    { name: "upstox", connected: false, primary: false },
    { name: "kite", connected: true, primary: true },
  ]
  expect(brokersOf({ brokers })).toBe("kite, places orders; upstox (not connected)")
  expect(brokersOf({ brokers: [] })).toBe("none")
})

test("whether an agent asks is told in words", () => {
  expect(executionOf({ auto_execute: false })).toContain("Asks before")
  expect(executionOf({ auto_execute: true })).toContain("without asking")
})

test.each([
  ["ok", "no drift in 34 symbols", "green"],
  ["drift", "3 of 34 symbols differ", "yellow"],
  ["stale", "not compared lately", "yellow"],
  ["broker_unavailable", "broker not reached", "red"],
  [null, "not compared", "gray"],
] as const)("the drift of the last sync: %s", (status, text, tone) => {
  expect(driftOf({ drift_status: status, drift: 3, symbols: 34 })).toEqual({ text, tone })
})

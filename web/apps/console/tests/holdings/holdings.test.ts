import { expect, test } from "vitest"
import { ageWords } from "@/features/holdings/age-note"
import { filterOf, matchesOrder } from "@/features/holdings/order-words"
import { holdingTotals, ofEnvironment } from "@/features/holdings/totals"
import { type AtBroker, accountsOf, type BrokerOrder, type Holding } from "@/lib/queries/portfolio"

const holding = (change: Partial<Holding>) =>
  ({ invested: 0, value: 0, pnl: 0, day_change: 0, ...change }) as Holding
const order = (change: Partial<BrokerOrder>) =>
  ({ status: "OPEN", broker: "kite", source: "ours", ...change }) as BrokerOrder

test("totals are exact in paise and their percentages are of the totals", () => {
  const rows = [
    holding({ invested: 0.1, value: 0.3, pnl: 0.2, day_change: 0.1 }),
    holding({ invested: 0.2, value: 0.2, pnl: 0, day_change: 0.1 }),
  ]
  const totals = holdingTotals(rows)
  expect(totals).toMatchObject({ invested: 0.3, value: 0.5, pnl: 0.2, dayChange: 0.2 })
  expect(totals.pnlPct).toBeCloseTo(66.667, 2)
  expect(totals.dayChangePct).toBeCloseTo(66.667, 2)
  expect(holdingTotals([]).pnlPct).toBeNull()
})

test("an order of an unknown state counts as open: it may still fill", () => {
  expect(
    ["TRIGGER PENDING", "AMO REQ RECEIVED", "NEW STATE"].map((status) => filterOf(order({ status }))),
  ).toEqual(["open", "open", "open"])
  expect(["COMPLETE", "REJECTED", "CANCELLED AMO"].map((status) => filterOf(order({ status })))).toEqual([
    "complete",
    "rejected",
    "cancelled",
  ])
})

test("filters of the order book combine", () => {
  const external = order({ source: "external", broker: "upstox" })
  expect(matchesOrder(external, { status: "all", source: "ours" })).toBe(false)
  expect(matchesOrder(external, { status: "open", source: "external", broker: "upstox" })).toBe(true)
  expect(matchesOrder(external, { status: "complete" })).toBe(false)
})

const title = (name: string) => ({ kite: "Kite", upstox: "Upstox" })[name] ?? name
const at = (broker: string, change: Partial<AtBroker> = {}): AtBroker => ({
  broker,
  account: `${broker}:A1`,
  environment: "live",
  age_s: 0,
  stale: false,
  ...change,
})

test("an account that does not answer is named, with the age of its figures", () => {
  const words = (rows: AtBroker[], failed: string[] = [], age_s = 0) =>
    ageWords({ rows, failed, age_s }, title)
  expect(words([at("kite")])).toBe("As of now")
  expect(words([at("kite")], [], 12)).toBe("As of 12 s ago")
  const old = at("kite", { stale: true, age_s: 190 })
  expect(words([old, at("upstox")], ["kite:A1"])).toBe("Kite does not answer: its figures are 3 min old")
  expect(words([at("kite")], ["upstox:A1"])).toBe("Upstox could not be read and is not shown")
})

test("real and sandbox rows are never together, nor the failures of one shown with the other", () => {
  const answer = {
    rows: [at("kite", { age_s: 3 }), at("upstox", { environment: "sandbox", age_s: 20 })],
    age_s: 20,
    failed: ["upstox:A1"],
  }
  const brokers = [
    { name: "kite", environment: "live" as const },
    { name: "upstox", environment: "sandbox" as const },
  ]
  expect(ofEnvironment(answer, "live", brokers)).toEqual({ rows: [answer.rows[0]], age_s: 3, failed: [] })
  expect(ofEnvironment(answer, "sandbox", brokers).failed).toEqual(["upstox:A1"])
})

test("failed accounts are read from their header", () => {
  expect(accountsOf(null)).toEqual([])
  expect(accountsOf("groww:G1, kite:AB1234")).toEqual(["groww:G1", "kite:AB1234"])
})

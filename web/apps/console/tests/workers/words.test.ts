import { describe, expect, test } from "vitest"
import { enterVerb, exitVerb } from "@/features/workers/run/exit-words"
import { detailsOf, titleOf, toneOf } from "@/features/workers/run/timeline/event-words"
import {
  furtherMetrics,
  healthWords,
  idleWords,
  marketOf,
  protectingRule,
  protectionWords,
  reasonParts,
  stepWords,
  summaryTone,
  summaryValue,
} from "@/features/workers/words"
import type { OptionEntryPreview } from "@/lib/queries/option-runs"
import type { ExitPlanOut, ProtectionSnapshot, RunPulse, Step, TimelineEvent } from "@/lib/queries/workers"

const step = (more: Partial<Step>): Step => ({ rule: "position_stoploss", ...more })

describe("the next action of a run", () => {
  test.each([
    [
      step({ instrument: "NSE:INFY", level: 1470, price: 1485, distance_pct: 1.01 }),
      "Stop of INFY at 1,470.00, 1.01% away",
    ],
    [step({ instrument: "NSE:INFY", level: 1470 }), "Stop of INFY at 1,470.00"],
    [
      step({ rule: "basket_stoploss", level: -1.5, distance_pct: 1 }),
      "Basket stop at −1.50% of entry value, 1.00 points away",
    ],
    [
      step({
        rule: "basket_target",
        level: 60,
        distance_pct: 61,
        basis: "premium",
        amount: 3418,
        away: 3503.6,
      }),
      "Basket target at a profit of ₹3,418 (60.00% of net premium), ₹3,504 away",
    ],
    [step({ rule: "worker_stale", in_sec: 95 }), "Exits the run after 1 min 35 s more without a heartbeat"],
  ])("%j", (one, text) => expect(stepWords(one)).toBe(text))
})

describe("which rule protects a leg", () => {
  const leg = { instrument: "NSE:INFY", product: "CNC" }
  const own = step({ instrument: "NSE:INFY", level: 1470 })
  const basket = step({ rule: "basket_stoploss", level: -5 })
  const squareOff = step({ rule: "mis_squareoff" })
  const watching = (...legs: object[]) => ({ legs }) as unknown as ProtectionSnapshot

  test("its own rule, then the basket's if it belongs to it", () => {
    const named = watching({ ...leg, status: "armed" })
    expect(protectingRule(leg, [basket, own], named)).toBe(basket)
    expect(protectingRule(leg, [own], named)).toBe(own)
    expect(protectingRule(leg, [basket], watching())).toBe(basket)
    expect(protectingRule(leg, [basket], watching({ instrument: "NSE:TCS", product: "CNC" }))).toBeUndefined()
  })

  test("none after its exit, in another product, or without a protection", () => {
    expect(protectingRule(leg, [own], watching({ ...leg, status: "done" }))).toBeUndefined()
    expect(
      protectingRule({ ...leg, product: "MIS" }, [own], watching({ ...leg, status: "armed" })),
    ).toBeUndefined()
    expect(protectingRule(leg, [], null)).toBeUndefined()
  })

  test("the intraday square-off protects intraday positions only", () => {
    expect(protectingRule(leg, [squareOff], watching())).toBeUndefined()
    expect(protectingRule({ ...leg, product: "MIS" }, [squareOff], watching())).toBe(squareOff)
  })

  test.each([
    ["unarmed", 2, "2 positions unprotected"],
    ["done", 1, "1 position unprotected"],
    ["unarmed", 0, "No open position"],
    ["armed", 0, "Protection armed, no open position"],
    ["exiting", 1, "Protection exiting"],
  ])("a run that is %s with %i: %s", (protection_status, position_count, text) =>
    expect(idleWords({ status: "open", protection_status, position_count })).toBe(text),
  )

  test("a closed run is not shown as protected", () => {
    expect(idleWords({ status: "closed", protection_status: "armed", position_count: 0 })).toBe(
      "None: the run is closed",
    )
    expect(protectionWords("armed", false)).toBe("Armed")
    expect(protectionWords("armed", true)).toBe("Ended with the run")
    expect(protectionWords("done", true)).toBe("Done")
  })
})

const pulse = (health: Partial<RunPulse["health"]>, status = "open") => ({
  status,
  health: {
    heartbeat_age_sec: 12,
    health_status: "healthy",
    session_status: "claimed",
    recovery_status: "none",
    ...health,
  },
})

describe("the liveness of a worker", () => {
  test.each([
    [pulse({}), "good", "Worker alive, 12 s ago"],
    [pulse({ heartbeat_age_sec: 130, health_status: "stale" }), "warn", "No heartbeat for 2 min 10 s"],
    [pulse({ heartbeat_age_sec: 7_300, health_status: "dead" }), "bad", "No heartbeat for 2 h 1 min"],
    [pulse({ session_status: "released" }), "plain", "Worker stopped 12 s ago"],
    [pulse({ heartbeat_age_sec: null, session_status: "unclaimed" }), "plain", "No heartbeat yet"],
    [pulse({}, "closed"), "plain", "Finished"],
  ])("%j is %s: %s", (one, tone, text) => expect(healthWords(one)).toEqual({ tone, text }))
})

test("a reason is split from its code", () => {
  expect(reasonParts("The market is closed (market_closed)")).toEqual({
    sentence: "The market is closed",
    code: "market_closed",
  })
  expect(reasonParts("Something else")).toEqual({ sentence: "Something else", code: "" })
})

describe("summary fields", () => {
  test.each([
    [{ key: "a", value: 250000, format: "inr" as const }, "₹2,50,000.00"],
    [{ key: "a", value: "12.5", format: "pct" as const }, "12.50%"],
    [{ key: "a", value: 12, format: "int" as const }, "12"],
    [{ key: "a", value: "not a figure", format: "inr" as const }, "not a figure"],
    [{ key: "a", value: "2026-11-20T10:05:00+05:30", format: "time" as const }, "20 Nov 2026, 10:05 IST"],
    [{ key: "a", value: "09:20", format: "time" as const }, "09:20"],
    [{ key: "a", value: false }, "No"],
    [{ key: "a", value: { x: 1 } }, '{"x":1}'],
    [{ key: "a" }, "–"],
  ])("%j reads %s", (field, text) => expect(summaryValue(field)).toBe(text))

  test.each([
    [{ key: "k", value: "Long", tone: "gain" }, "tt-gain"],
    [{ key: "k", value: 82, tone: "warning" }, "tt-warn"],
    [{ key: "k", value: -1.5, tone: "signed" }, "tt-loss"],
    [{ key: "k", value: "2", tone: "signed" }, "tt-gain"],
    [{ key: "k", value: null, tone: "signed" }, undefined],
    [{ key: "k", value: 1, tone: "constructor" }, undefined],
    [{ key: "k", value: 1 }, undefined],
  ])("%j has the colour %s", (field, colour) => expect(summaryTone(field)).toBe(colour))
})

describe("the exit button", () => {
  const order = { instrument: "NSE:INFY", side: "SELL", quantity: 1, product: "CNC", order_type: "MARKET" }
  const plan = (more: Partial<ExitPlanOut>): ExitPlanOut => ({
    cancel: [],
    close: [],
    value: 0,
    execution_mode: "paper",
    ...more,
  })
  test.each([
    [
      plan({ close: [order, order].map((one) => ({ ...one, price: 1, value: 1 })), value: 148_200 }),
      "Exit 2 positions · ₹1,48,200 · PAPER",
    ],
    [
      plan({ close: [{ ...order, price: null, value: null }], value: null }),
      "Exit 1 position · value unknown · PAPER",
    ],
    [plan({ cancel: ["1"] }), "Cancel 1 order and close · PAPER"],
    [plan({}), "Close the run · PAPER"],
  ])("%j", (one, text) => expect(exitVerb(one, "paper")).toBe(text))

  test("a live run on the sandbox's account is called neither live nor paper", () => {
    const verb = (environment: "sandbox" | "live") =>
      exitVerb(plan({}), marketOf({ execution_mode: "live", environment }))
    expect(verb("sandbox")).toBe("Close the run · SANDBOX")
    expect(verb("live")).toBe("Close the run · LIVE")
    expect(marketOf({ execution_mode: "dry_run", environment: "sandbox" })).toBe("dry_run")
  })
})

const event = (event_type: string, payload = {}) =>
  ({ event_type, payload, summary: "", cursor: 1 }) as unknown as TimelineEvent

describe("events", () => {
  test("a stop that triggered is named by its rule and cannot be missed", () => {
    const fired = event("protection_triggered", { rule: "position_trailing_stoploss" })
    expect([titleOf(fired), toneOf(fired)]).toEqual(["Trailing stop triggered", "alarm"])
  })

  test("an unknown event type is shown in words", () => {
    expect(titleOf(event("signal.generated"))).toBe("Signal generated")
    expect(toneOf(event("signal.generated"))).toBe("plain")
  })

  test("details leave out what is empty and keep what is nested", () => {
    expect(detailsOf({ a: 1, none: null, empty: {}, nested_thing: { b: [2] } })).toEqual([
      ["A", "1"],
      ["Nested thing", '{\n "b": [\n  2\n ]\n}'],
    ])
  })

  test("timestamps are shown in Indian time", () => {
    expect(detailsOf({ at: "2026-11-22T18:30:00.522681+00:00", day: "2026-11-22" })).toEqual([
      ["At", "23 Nov, 00:00:00 IST"],
      ["Day", "2026-11-22"],
    ])
  })
})

describe("the label of the entry button", () => {
  const entry = (margin_required: number | null) =>
    ({
      preview: { basket: { orders: [{}, {}] }, cost_contract: { margin_required, total_charges: 9 } },
    }) as unknown as OptionEntryPreview

  test.each([
    [64_300.4, "Place 2 orders · needs ₹64,300 · PAPER"],
    [null, "Place 2 orders · PAPER"],
  ])("%s: %s", (margin, text) => expect(enterVerb(entry(margin), "paper")).toBe(text))

  test("a live entry on the sandbox's account is the sandbox's", () => {
    expect(enterVerb(entry(null), "sandbox")).toBe("Place 2 orders · SANDBOX")
    expect(enterVerb(entry(null), "live")).toBe("Place 2 orders · LIVE")
  })
})

test("a metric that is a summary field is not repeated", () => {
  const fields = [
    { key: "atr", path: "heartbeat.metrics.atr", value: 3.14 },
    { key: "lag", value: "none" },
  ]
  expect(furtherMetrics(fields, { atr: 3.14, lag: 12 })).toEqual([["lag", 12]])
})

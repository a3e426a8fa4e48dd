import { describe, expect, test } from "vitest"
import { lineOf } from "@/features/workers/run/pnl-line"
import { fieldErrors, toDocument, toDraft, unprotected } from "@/features/workers/run/protection/draft"
import { levelsOf } from "@/features/workers/run/protection/levels"
import {
  bandWords,
  choicesOf,
  controlsOf,
  initialRisk,
  type Limits,
  labelOf,
  patchOf,
  plainRisk,
  type Risk,
  rangeOf,
} from "@/features/workers/run/risk/controls"
import { byMarket, matches, totalsOf, withPulses } from "@/features/workers/runs/filters"
import {
  isRiskPending,
  type PnlAt,
  type ProtectedPosition,
  type ProtectionRequest,
  type ProtectionSnapshot,
  type RunCard,
  type RunLeg,
  type RunPulse,
} from "@/lib/queries/workers"

/** The protection document in force. */
const inForce = (document: ProtectionRequest, legs: { instrument: string }[] = []) =>
  ({ backend_protection: document, legs }) as unknown as ProtectionSnapshot

const INFY: ProtectedPosition = {
  symbol: "NSE:INFY",
  product: "CNC",
  side: "BUY",
  quantity: 10,
  entry_price: 1500,
  stoploss_pct: 2,
}

const DOCUMENT: ProtectionRequest = {
  enabled: true,
  positions: [INFY],
  operations: { exit_on_worker_stale: true, worker_stale_sec: 300 },
}

describe("a protection as a form", () => {
  test("is unchanged by a round trip", () => {
    expect(toDocument(toDraft(inForce(DOCUMENT)))).toEqual({
      enabled: true,
      positions: [
        { symbol: "NSE:INFY", product: "CNC", side: "BUY", quantity: 10, entry_price: 1500, stoploss_pct: 2 },
      ],
      operations: { exit_on_worker_stale: true, worker_stale_sec: 300 },
    })
  })

  test("a position identified by token gets its instrument, and worker metadata is kept", () => {
    const { symbol: _, ...position } = INFY
    const document = {
      enabled: true,
      mode: "own",
      version: 7,
      positions: [{ ...position, instrument_token: 5 }],
    }
    const draft = toDraft(inForce(document, [{ instrument: "NSE:INFY" }]))
    expect(toDocument(draft, document)).toEqual({
      enabled: true,
      mode: "own",
      version: 7,
      positions: [INFY],
    })
  })

  test("emptied fields are omitted", () => {
    const draft = toDraft(inForce(DOCUMENT))
    draft.operations = { exit_on_worker_stale: false, worker_stale_sec: "", mis_squareoff_buffer_sec: "" }
    draft.basket.stoploss_pct = "4"
    expect(toDocument(draft).operations).toBeUndefined()
    expect(toDocument(draft).basket).toEqual({ stoploss_pct: 4 })
    expect(toDocument(toDraft(null))).toEqual({ enabled: true })
  })

  test("validation errors are mapped to their fields", () => {
    const told = fieldErrors([
      { pointer: "/backend_protection/positions/0/stoploss_pct", message: "must be positive" },
      { pointer: "/reason", message: "too long" },
    ])
    expect(told).toEqual({ "positions.0.stoploss_pct": "must be positive" })
  })

  test("open legs without a rule are offered", () => {
    const legs = [
      { instrument: "NSE:INFY", product: "CNC", quantity: 10 },
      { instrument: "NSE:TCS", product: "MIS", quantity: -5 },
      { instrument: "NSE:SBIN", product: "MIS", quantity: 0 },
    ] as RunLeg[]
    const named = toDraft(inForce(DOCUMENT)).positions
    expect(unprotected(legs, named).map(({ instrument }) => instrument)).toEqual(["NSE:TCS"])
  })

  test("lines are drawn at the levels in force, the trailing one at its current price", () => {
    const leg = {
      instrument: "NSE:INFY",
      entry_price: 1500,
      stop_price: 1470,
      target_price: null,
      trailing_price: 1480,
    }
    const snapshot = { legs: [leg] } as unknown as ProtectionSnapshot
    const moved = { rule: "position_trailing_stoploss", instrument: "NSE:INFY", level: 1485 }
    expect(levelsOf(snapshot, [moved], "NSE:INFY").map(({ label, price }) => [label, price])).toEqual([
      ["Entry", 1500],
      ["Stop", 1470],
      ["Trailing stop", 1485],
    ])
    expect(levelsOf(snapshot, [], "NSE:TCS")).toEqual([])
    const over = { legs: [{ ...leg, status: "done" }] } as unknown as ProtectionSnapshot
    expect(levelsOf(over, [], "NSE:INFY")).toEqual([])
  })
})

test("the profit line of a closed run ends with its closing profit", () => {
  const at = "2026-11-20T10:00:00Z"
  const kept = [{ at, net: 1896.61 }] as PnlAt[]
  const end = { at: "2026-11-20T10:00:10Z", value: 1777.13 }
  expect(lineOf(kept, undefined)).toEqual([{ at, value: 1896.61 }])
  expect(lineOf(kept, end)).toEqual([{ at, value: 1896.61 }, end])
  expect(lineOf([], end)).toEqual([])
})

describe("risk controls", () => {
  const schema = [
    { key: "max_orders", type: "integer" as const, min: 1, max: 50, default: 20 },
    { key: "style", type: "select" as const, options: ["passive", { value: 2, label: "Bold" }] },
    { key: "shorts", type: "boolean" as const },
  ]

  test("start with the value in force, else the default", () => {
    expect(initialRisk(schema, { style: "passive" })).toEqual({
      max_orders: 20,
      style: "passive",
      shorts: false,
    })
  })

  test("only what changed and is set is sent", () => {
    const before = { max_orders: 20, style: "passive", shorts: false }
    expect(patchOf(schema, before, { max_orders: "", style: 2, shorts: false })).toEqual({ style: 2 })
  })

  test("a run without a schema has a control for each plain value", () => {
    const risk = plainRisk({ limit: 5, on: true, name: "x", nested: { a: 1 } })
    expect(controlsOf([], risk, {}).slice(0, 3)).toEqual([
      { key: "limit", type: "number" },
      { key: "on", type: "boolean" },
      { key: "name", type: "text" },
    ])
  })

  test("a run without a schema has both price bands, each once, with the value in force", () => {
    const bands = (risk: Risk, limits: Limits) => {
      const controls = controlsOf([], risk, limits)
      expect(controls.map(labelOf)).toEqual(["Price band (%)", "Price band of options (%)"])
      return initialRisk(controls, risk)
    }
    expect(bands({}, {})).toEqual({ price_band_pct: 5, option_price_band_pct: 40 })
    expect(bands({}, { price_band_pct: 12, option_price_band_pct: 40, max_orders: null })).toEqual({
      price_band_pct: 12,
      option_price_band_pct: 40,
    })
    const before = bands({ price_band_pct: 8 }, { price_band_pct: 12 })
    expect(before.price_band_pct).toBe(8)
    expect(patchOf(controlsOf([], {}, {}), before, { ...before, option_price_band_pct: 60 })).toEqual({
      option_price_band_pct: 60,
    })
  })

  test("the bands in force are told in a sentence", () => {
    expect(bandWords({ price_band_pct: 7.5, option_price_band_pct: null })).toBe(
      "Entries within 7.5% of the last price, options within 40%. Exits are not limited.",
    )
  })

  test("a schema decides which controls there are", () => {
    expect(controlsOf(schema, { price_band_pct: 8 }, {})).toEqual(schema)
  })

  test("ranges and choices have labels", () => {
    expect([
      rangeOf({ key: "a", min: 1, max: 5 }),
      rangeOf({ key: "a", max: 5 }),
      rangeOf({ key: "a" }),
    ]).toEqual(["1 to 5", "At most 5", ""])
    expect(choicesOf(schema[1] ?? { key: "" })).toEqual([
      { value: "passive", label: "passive", means: "passive" },
      { value: "2", label: "Bold", means: 2 },
    ])
  })

  test("a change is pending until the next heartbeat", () => {
    const at = "2026-11-20T15:30:00+05:30"
    expect(isRiskPending({ risk_changed_at: null, last_heartbeat_at: null })).toBe(false)
    expect(isRiskPending({ risk_changed_at: at, last_heartbeat_at: null })).toBe(true)
    expect(isRiskPending({ risk_changed_at: at, last_heartbeat_at: "2026-11-20T15:29:59+05:30" })).toBe(true)
    expect(isRiskPending({ risk_changed_at: at, last_heartbeat_at: "2026-11-20T10:00:01Z" })).toBe(false)
  })
})

describe("the list of runs", () => {
  const card = (id: string, more: Partial<RunCard> = {}) =>
    ({
      strategy_run_id: id,
      status: "open",
      execution_mode: "paper",
      token_id: 1,
      attention: [],
      spark: [1, 2],
      pnl: { net: 2 },
      ...more,
    }) as unknown as RunCard

  test("runs are grouped by market, real money first and the sandbox apart from it", () => {
    const found = byMarket([
      card("a"),
      card("b", { execution_mode: "dry_run" }),
      card("c", { execution_mode: "live", environment: "live" }),
      card("d", { execution_mode: "live", environment: "sandbox" }),
    ])
    expect(found.map(([market, runs]) => [market, runs.length])).toEqual([
      ["live", 1],
      ["sandbox", 1],
      ["paper", 1],
      ["dry_run", 1],
    ])
  })

  test("runs needing attention come first", () => {
    const [paper] = byMarket([card("a"), card("b", { attention: ["halted"] }), card("c")])
    expect(paper?.[1].map((run) => run.strategy_run_id)).toEqual(["b", "a", "c"])
  })

  test("pulses of the socket override the card", () => {
    const pulse = { strategy_run_id: "a", status: "halted", pnl: { net: 5 } } as unknown as RunPulse
    const [a, b] = withPulses([card("a"), card("b")], [pulse])
    expect([a?.status, a?.pnl.net, a?.spark]).toEqual(["halted", 5, [1, 2, 5]])
    expect(b?.spark).toEqual([1, 2])
  })

  test("the totals of a section are those of its cards, to the paisa", () => {
    const pnl = (net: number, is_stale = false) => ({ net, is_stale }) as RunCard["pnl"]
    const runs = [
      card("a", { pnl: pnl(0.1), position_count: 2 }),
      card("b", { pnl: pnl(0.2), position_count: 1 }),
      card("c", { pnl: pnl(-1_000.07), position_count: 0 }),
    ]
    expect(totalsOf(runs)).toEqual({ positions: 3, net: -999.77, isStale: false })
    const pulse = { strategy_run_id: "a", position_count: 5, pnl: pnl(7, true) } as unknown as RunPulse
    expect(totalsOf(withPulses(runs, [pulse]))).toEqual({ positions: 6, net: -992.87, isStale: true })
  })

  test("runs are found by state, mode and token", () => {
    const run = card("a", { attention: ["worker_silent"] })
    expect(matches(run, {})).toBe(true)
    expect(matches(run, { status: "attention", mode: "paper", token: 1 })).toBe(true)
    expect(matches(run, { status: "halted" })).toBe(false)
    expect(matches(run, { mode: "live" })).toBe(false)
    expect(matches(run, { token: 2 })).toBe(false)
  })
})

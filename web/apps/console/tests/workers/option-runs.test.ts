import { describe, expect, test } from "vitest"
import {
  awayWords,
  entryWords,
  legWords,
  levelWords,
  nowWords,
  statusWords,
  thenWords,
} from "@/features/workers/option-words"
import {
  optionFieldErrors,
  toOptionDocument,
  toOptionDraft,
} from "@/features/workers/run/option/option-draft"
import type { OptionProtectionDocument } from "@/lib/queries/option-runs"
import type { Step } from "@/lib/queries/workers"

const stop: Step = {
  rule: "basket_stoploss",
  instrument: null,
  level: -68.8,
  price: -0.78,
  distance_pct: 68.02,
  basis: "premium",
  amount: -4000,
  away: 3954.5,
  in_sec: null,
}

describe("an option run in words", () => {
  test("a short description of a leg", () => {
    const leg = {
      side: "SELL",
      quantity: 65,
      option_type: "CE",
      strike: 23700,
      instrument: "NFO:NIFTY26D0123700CE",
    }
    expect(legWords(leg)).toBe("Sell 65 × 23,700 CE")
    expect(legWords({ ...leg, side: "BUY", strike: null, instrument: "NFO:NIFTY26DECFUT" })).toBe(
      "Buy 65 × NIFTY26DECFUT",
    )
  })

  test("a credit is bought back, a debit is sold", () => {
    expect([entryWords(-89.45), nowWords(-90.15)]).toEqual([
      "Received ₹89.45 per unit",
      "costs ₹90.15 to close now",
    ])
    expect([entryWords(12), nowWords(14)]).toEqual(["Paid ₹12.00 per unit", "brings ₹14.00 to close now"])
    expect(nowWords(null)).toBe("no current price")
  })

  test("a limit on the strategy is given in rupees and percent, with its distance and effect", () => {
    expect(levelWords(stop)).toBe("a loss of ₹4,000, −68.80% of net premium")
    expect(awayWords(stop)).toBe("₹3,955 away")
    expect(thenWords(stop, true)).toBe("Closes all legs, short legs first, and the run")
    const leg = { ...stop, rule: "position_stoploss", instrument: "NFO:NIFTY26D0123700CE", level: 567.1 }
    expect(levelWords(leg)).toBe("567.10")
    expect(thenWords(leg, true)).toBe("Closes NIFTY26D0123700CE at market")
    expect(awayWords({ ...leg, rule: "worker_stale", in_sec: 95 })).toBe(
      "after 1 min 35 s more without a heartbeat",
    )
  })

  test("an unknown state is shown unchanged", () => {
    expect(statusWords("partial").label).toBe("Partly entered")
    expect(statusWords("moved").label).toBe("moved")
  })
})

describe("the protection as a form", () => {
  const given: OptionProtectionDocument = {
    enabled: true,
    basis: "premium",
    stoploss_premium: 240,
    target_pct: 60,
    trailing_activate_pct: 20,
    trailing_drawdown_pct: 10,
    leg_stoploss_pct: 150,
    legs: [{ leg_id: "short_ce", target_pct: 50 }],
    operations: { exit_on_worker_stale: true, worker_stale_sec: 600 },
  }

  test("is unchanged by a round trip, including rules the form does not show", () => {
    expect(toOptionDocument(toOptionDraft(given), given)).toEqual(given)
  })

  test("another unit replaces the limit, and a distance alone trails from the start", () => {
    const draft = { ...toOptionDraft(given), stoploss: { unit: "inr" as const, value: 5000 }, trail_from: "" }
    const made = toOptionDocument(draft, given)
    expect([made.stoploss_inr, made.stoploss_premium]).toEqual([5000, undefined])
    expect([made.trailing_stoploss_pct, made.trailing_drawdown_pct]).toEqual([10, undefined])
    expect(toOptionDraft(made).trail_distance).toBe(10)
  })

  test("validation errors are mapped to their fields", () => {
    const told = optionFieldErrors([
      { pointer: "/protection/stoploss_inr", message: "must be positive" },
      { pointer: "/protection/trailing_drawdown_pct", message: "too much" },
      { pointer: "/protection/operations/worker_stale_sec", message: "30 to 86400" },
      { pointer: "/elsewhere", message: "x" },
    ])
    expect(told).toEqual({
      "stoploss.value": "must be positive",
      trail_distance: "too much",
      "operations.worker_stale_sec": "30 to 86400",
    })
  })
})

import { describe, expect, it } from "vitest"
import { placingWords, totalOf } from "@/features/approvals/cart/totals"
import { levelsOf } from "@/features/approvals/detail/levels"
import { countdown } from "@/features/approvals/list/countdown"
import { after, currentOf, moved } from "@/features/approvals/list/cursor"
import { outcome } from "@/features/approvals/list/signal-table"
import { madeSignal } from "./made"

const at = (text: string) => new Date(text)

describe("countdown", () => {
  const expires = "2026-06-11T09:15:00+05:30"

  it.each([
    ["2026-06-10T19:00:00+05:30", "14 h 15 min left", false],
    ["2026-06-11T08:30:00+05:30", "45 min left", true],
    ["2026-06-11T09:14:30+05:30", "less than a minute left", true],
    ["2026-06-11T09:15:00+05:30", "expired", true],
    ["2026-06-08T09:15:00+05:30", "3 d 0 h left", false],
  ])("at %s it is %s", (now, text, isLate) => {
    expect(countdown(expires, at(now))).toEqual({ text, isLate })
  })
})

describe("the cursor of the queue", () => {
  const rows = [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]

  it("begins at the first, and returns there when its signal is gone", () => {
    expect(currentOf(rows, undefined)).toEqual({ id: 1 })
    expect(currentOf(rows, 3)).toEqual({ id: 3 })
    expect(currentOf(rows, 9)).toEqual({ id: 1 })
    expect(currentOf([], 9)).toBeUndefined()
  })

  it("stays in the list", () => {
    expect(moved(rows, 1, 1)).toBe(2)
    expect(moved(rows, 4, 1)).toBe(4)
    expect(moved(rows, 1, -1)).toBe(1)
    expect(moved([], 1, 1)).toBeUndefined()
  })

  it("goes on with the next that stays, else with the one before", () => {
    expect(after(rows, [2], 2)).toBe(3)
    expect(after(rows, [2, 3], 2)).toBe(4)
    expect(after(rows, [4], 4)).toBe(3)
    expect(after(rows, [3, 4], 3)).toBe(2)
    expect(after(rows, [1, 2, 3, 4], 1)).toBeUndefined()
  })
})

describe("the cart", () => {
  it("adds its amounts to the paisa", () => {
    const amounts = Array.from({ length: 10 }, () => ({ notional: 0.1 }))
    expect(totalOf(amounts)).toBe(1)
    expect(totalOf([{ notional: 99_825.72 }, { notional: 98_497.52 }, { notional: 99_677.58 }])).toBe(
      298_000.82,
    )
    expect(totalOf([])).toBe(0)
  })
})

describe("a price plan", () => {
  it("begins at the trigger, or at the close where there is none", () => {
    expect(levelsOf(madeSignal())).toEqual([{ price: 1500, label: "close", tone: "accent" }])
    const whole = madeSignal({ trigger_price: 1507.5, stop_price: 1400, target_price: 1700 })
    expect(levelsOf(whole).map(({ label, price }) => [label, price])).toEqual([
      ["trigger", 1507.5],
      ["stop", 1400],
      ["target", 1700],
    ])
  })
})

describe("the outcome of a signal", () => {
  it("is the failure, the purchase, or the note of the last step", () => {
    expect(outcome(madeSignal({ failure_reason: "no_volume" }))).toBe("Not enough volume")
    expect(outcome(madeSignal({ filled_quantity: 66, average_price: 1501.5 }))).toBe("66 at 1,501.50")
    expect(outcome(madeSignal({ actor_history: [{ event: "expire", note: "not approved in time" }] }))).toBe(
      "Not approved in time",
    )
    expect(outcome(madeSignal())).toBe("–")
  })
})

describe("placing a cart", () => {
  const [large, small] = [{ notional: 97_889.6 }, { notional: 37_130.6 }]

  it("says what real money is spent, apart from paper", () => {
    expect(placingWords([small], [])).toBe("Place 1 order for ₹37,131 · LIVE")
    expect(placingWords([], [large])).toBe("Place 1 order for ₹97,890 · PAPER")
    expect(placingWords([small], [large])).toBe("Place 2 orders: ₹37,131 LIVE, ₹97,890 PAPER")
  })
})

import { describe, expect, it } from "vitest"
import { funnelOf } from "@/features/scanner/funnel"
import { orderOf } from "@/features/scanner/verdict-order"

describe("the funnel of a day", () => {
  const day = {
    evaluated: 100,
    insufficient_data: 4,
    reasons: { rules: 70, signal: 8, max_positions: 12, sector_cap: 5, regime: 3, liquidity: 2 },
  }

  it("loses at each stage what is told between it and the next", () => {
    const stages = funnelOf(day)
    expect(stages.map(({ count }) => count)).toEqual([100, 30, 25, 8])
    for (const [i, { count, lost }] of stages.slice(0, -1).entries()) {
      const gone = lost.reduce((sum, one) => sum + one.count, 0)
      expect(count - gone).toBe(stages[i + 1]?.count)
    }
  })

  it("tells short history from rules that did not hold", () => {
    expect(funnelOf(day)[0]?.lost.map(({ reason, count }) => [reason, count])).toEqual([
      ["rules", 66],
      ["insufficient_data", 4],
    ])
  })

  it("counts a reason that it does not know as a limit of the portfolio", () => {
    const [, , allowed] = funnelOf({
      evaluated: 2,
      insufficient_data: 0,
      reasons: { daily_loss: 1, signal: 1 },
    })
    expect(allowed?.lost).toEqual([{ reason: "daily_loss", text: "Daily loss", count: 1 }])
  })

  it("is empty for a day without stocks", () => {
    expect(funnelOf({ evaluated: 0, insufficient_data: 0, reasons: {} }).map(({ count }) => count)).toEqual([
      0, 0, 0, 0,
    ])
  })
})

describe("the verdicts of a day", () => {
  it("begin with the signals and end with the rules", () => {
    const found = orderOf({ rules: ["B", "A"], cooldown: ["C"], signal: ["E", "D"], sector_cap: ["F", "G"] })
    expect(found).toEqual([
      ["signal", ["D", "E"]],
      ["sector_cap", ["F", "G"]],
      ["cooldown", ["C"]],
      ["rules", ["A", "B"]],
    ])
  })
})

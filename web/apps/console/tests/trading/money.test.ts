import { describe, expect, it } from "vitest"
import { isOfElsewhere, portfolioOf } from "@/features/trading/owners"
import { totalsByMoney } from "@/features/trading/totals"
import { modeOf } from "@/lib/trading-account"
import { confirms, DOUBLE_CLICK_MS } from "@/lib/use-second-press"

const account = (scope: string, kind: "paper" | "broker", is_sandbox = false) => ({ scope, kind, is_sandbox })
const ACCOUNTS = [
  account("kite:paper-b", "paper"),
  account("kite:SB0001", "broker", true),
  account("kite:AB1234", "broker"),
]

describe("the money of an order", () => {
  it("is said by its account", () => {
    expect(modeOf(ACCOUNTS, "kite:paper-b")).toBe("PAPER")
    expect(modeOf(ACCOUNTS, "kite:SB0001")).toBe("SANDBOX")
    expect(modeOf(ACCOUNTS, "kite:AB1234")).toBe("LIVE")
  })

  it("is not called paper before the accounts are known, nor for an account that is not among them", () => {
    expect(modeOf(undefined, "kite:AB1234")).toBeNull()
    expect(modeOf([], "kite:AB1234")).toBe("LIVE")
    expect(modeOf(undefined, "kite:paper-a")).toBe("PAPER")
  })
})

describe("the second press on a button for real money", () => {
  it("is not that of a double click or of a key that is held down", () => {
    expect(confirms(null, 1000)).toBe(false)
    expect(confirms(1000, 1000 + DOUBLE_CLICK_MS - 1)).toBe(false)
    expect(confirms(1000, 1000 + DOUBLE_CLICK_MS)).toBe(true)
  })
})

describe("totals of positions", () => {
  const of = (environment: "paper" | "sandbox" | "live", unrealised: number, value: number) => ({
    environment,
    unrealised,
    value,
  })

  it("never add paper to real money", () => {
    const rows = [of("paper", 500, 9000), of("live", -20, 1000), of("live", 5, 500)]
    expect(totalsByMoney(rows)).toEqual([
      { name: ", real money", unrealised: -15, value: 1500 },
      { name: ", paper", unrealised: 500, value: 9000 },
    ])
  })

  it("name no money where there is one kind", () => {
    expect(totalsByMoney([of("paper", 1, 2)])).toEqual([{ name: "", unrealised: 1, value: 2 }])
  })
})

describe("a position of orders that were placed elsewhere", () => {
  it("is of no run that could be opened", () => {
    expect(isOfElsewhere("external-orders")).toBe(true)
    expect(isOfElsewhere("run-1")).toBe(false)
    expect(isOfElsewhere(null)).toBe(false)
  })
})

describe("what a portfolio holds", () => {
  it("leads to the portfolio, also at a broker", () => {
    expect(portfolioOf("kite:AB1234", "portfolio:4:1:5")).toBe("4")
    expect(portfolioOf("model:2:1", null)).toBe("2")
    expect(portfolioOf("kite:AB1234", "run-1")).toBeNull()
    expect(portfolioOf("kite:AB1234", null)).toBeNull()
  })
})

import { describe, expect, test } from "vitest"
import { accountWords, portfolioOfAccount, portfolioOfRun, takingOrders } from "@/lib/portfolio-account"

describe("the paper account of a model portfolio", () => {
  test("it is called by its portfolio, any other by its scope", () => {
    expect(accountWords("model:12:3")).toBe("Portfolio 12")
    expect(accountWords("kite:paper-a")).toBe("kite:paper-a")
    expect(portfolioOfAccount("kite:model")).toBeNull()
  })

  test("it is not offered for orders by hand, which it refuses", () => {
    const accounts = [{ scope: "kite:paper-a" }, { scope: "model:12:1" }]
    expect(takingOrders(accounts)).toEqual([{ scope: "kite:paper-a" }])
  })

  test("a run's id names a portfolio's signal or a worker's run", () => {
    expect(portfolioOfRun("portfolio:12:1:86")).toBe("12")
    expect(portfolioOfRun("run_7f")).toBeNull()
    expect(portfolioOfRun(null)).toBeNull()
  })
})

import { describe, expect, test } from "vitest"
import { verdictOf } from "@/features/backtests/shared/verdict"

const RUN = {
  cagr: 4.4,
  total_return: 29.5,
  benchmark_cagr: 13.3,
  benchmark_return: 75,
  max_drawdown: -31.7,
  total_trades: 592,
  deflated_sharpe: 0.83,
  sharpe: 0.4,
}

const said = (changes: Partial<Record<keyof typeof RUN, number | null>>) =>
  verdictOf({ ...RUN, ...changes } as typeof RUN, "NIFTY 50").text

describe("the verdict", () => {
  test("of a run that lost to its benchmark", () => {
    expect(said({})).toBe(
      "Lost to NIFTY 50 by 8.9 points a year, with a drawdown of 32%; the edge is not distinguishable from luck.",
    )
  })

  test.each([
    [{ cagr: 15.4 }, "Beat NIFTY 50 by 2.1 points a year,"],
    [{ cagr: 13.32 }, "Gained 13.3% a year, as much as NIFTY 50,"],
    [{ cagr: -2, benchmark_cagr: -7.5 }, "Lost 2.0% a year, 5.5 points less than NIFTY 50,"],
    [{ cagr: -2, benchmark_cagr: 7.5 }, "Lost to NIFTY 50 by 9.5 points a year,"],
    [{ benchmark_cagr: null }, "Gained 4.4% a year,"],
    [{ cagr: -4.4, benchmark_cagr: null }, "Lost 4.4% a year,"],
    [
      { cagr: null, benchmark_cagr: null, total_return: 3, benchmark_return: 1 },
      "Beat NIFTY 50 by 2.0 points over the period,",
    ],
  ])("%j begins with %s", (changes, start) => expect(said(changes).startsWith(start)).toBe(true))

  test.each([
    [{ deflated_sharpe: 0.95 }, "the profit is unlikely to be luck."],
    [{ deflated_sharpe: 0.949 }, "the edge is not distinguishable from luck."],
    [{ sharpe: 0, deflated_sharpe: 0.99 }, "there is no edge."],
    [{ deflated_sharpe: null }, "the run is too short to tell an edge from luck."],
    [{ total_trades: 29 }, "29 trades are too few to tell an edge from luck."],
    [{ total_trades: 1 }, "1 trade is too few to tell an edge from luck."],
  ])("%j ends with %s", (changes, end) => expect(said(changes).endsWith(end)).toBe(true))

  test("of a run without a closed trade judges nothing", () => {
    expect(said({ total_trades: 0 })).toBe("Closed no trade, so there is nothing to judge yet.")
  })

  test("has the tone of the difference to the benchmark", () => {
    const tone = (changes: object) => verdictOf({ ...RUN, ...changes }, "NIFTY 50").tone
    expect([tone({}), tone({ cagr: 20 }), tone({ cagr: 13.3 }), tone({ benchmark_cagr: null })]).toEqual([
      "worse",
      "better",
      "neutral",
      "neutral",
    ])
  })
})

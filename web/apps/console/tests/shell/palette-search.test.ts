import { expect, test } from "vitest"
import { matchActions } from "@/app/shell/navigation/palette-search"

const GROUPS = [
  {
    group: "Go to",
    actions: [
      { id: "strategies", label: "Strategies" },
      { id: "backtests", label: "Backtests" },
    ],
  },
  {
    group: "Actions",
    actions: [
      { id: "gtt", label: "New GTT", description: "Place an order when a price is reached" },
      { id: "run", label: "Run a backtest", keywords: ["new test"] },
    ],
  },
]

const found = (query: string) =>
  matchActions(query, GROUPS).flatMap((one) => ("actions" in one ? one.actions.map(({ id }) => id) : []))

test.each([
  ["", ["strategies", "backtests", "gtt", "run"]],
  ["run backtest", ["run"]],
  ["  backtest RUN ", ["run"]],
  ["new", ["gtt", "run"]],
  ["order", ["gtt"]],
  ["nothing of the kind", []],
])("%j finds %j", (query, ids) => expect(found(query)).toEqual(ids))

test("a group with a match in a label comes before one with a match elsewhere", () => {
  expect(found("test")).toEqual(["backtests", "run"])
  expect(found("price")).toEqual(["gtt"])
  expect(found("backtest")).toEqual(["backtests", "run"])
})

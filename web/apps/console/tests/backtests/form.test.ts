import { expect, test } from "vitest"
import {
  backtestOf,
  checkFields,
  fieldsLike,
  OWN_LIST,
  roughTradingDays,
  startingFields,
  yearsBefore,
} from "@/features/backtests/form/defaults"

const fields = { ...startingFields(undefined, 7), start_date: "2020-01-01", end_date: "2026-01-01" }

test("a preset period is whole years before its end, within the data", () => {
  expect(yearsBefore("2026-11-20", 5, null)).toBe("2021-11-20")
  expect(yearsBefore("2024-02-29", 1, null)).toBe("2023-02-28")
  expect(yearsBefore("2026-11-20", 20, "2015-01-01")).toBe("2015-01-01")
})

test("a custom list of stocks is sent as a custom universe", () => {
  const asked = backtestOf({ ...fields, universe: OWN_LIST, own_symbols: ["INFY", "TCS"] })
  expect(asked.universe).toBe("custom:INFY,TCS")
  expect(asked).not.toHaveProperty("own_symbols")
})

test("no data set means the active one", () =>
  expect(backtestOf({ ...fields, data_set: "" }).data_set).toBeNull())

test("repeating a run keeps its settings, including a custom list", () => {
  const config = {
    universe: "custom:INFY,TCS",
    start_date: "2019-01-01",
    end_date: "2020-01-01",
    starting_capital: 5e5,
    other: 1,
  }
  const like = fieldsLike(config, fields)
  expect(like).toMatchObject({ universe: OWN_LIST, own_symbols: ["INFY", "TCS"], starting_capital: 5e5 })
  expect(like).not.toHaveProperty("other")
})

test("invalid values are found before sending", () => {
  expect(checkFields(fields)).toEqual({})
  expect(checkFields({ ...fields, strategy_id: null })).toHaveProperty("strategy_id")
  expect(checkFields({ ...fields, end_date: "2020-01-01" })).toHaveProperty("end_date")
  expect(checkFields({ ...fields, universe: OWN_LIST })).toHaveProperty("own_symbols")
  expect(checkFields({ ...fields, position_size_pct: 101 })).toHaveProperty("position_size_pct")
})

test("trading days are approximate", () => {
  expect(roughTradingDays("2020-01-01", "2026-01-01")).toBe(1488)
  expect(roughTradingDays("2026-01-01", "2020-01-01")).toBe(0)
})

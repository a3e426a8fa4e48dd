import { expect, test } from "vitest"
import { chargesText, settingName, settingText } from "@/features/backtests/shared/settings"
import type { Options } from "@/lib/queries/backtests"

const options = {
  charges: [{ value: "zerodha_equity_delivery", label: "Zerodha, delivery" }],
  fill_models: [{ value: "gtt_touch", label: "GTT" }],
  intrabar_orders: [],
  sizing_methods: [{ value: "atr", label: "Equal volatility (ATR)" }],
} as unknown as Options

test.each([
  ["charges", "zerodha_equity_delivery", "Zerodha, delivery"],
  ["fill_model", "gtt_touch", "GTT"],
  ["universe", "nifty_100", "NIFTY 100"],
  ["universe", ["INFY", "TCS"], "INFY, TCS"],
  ["dividends", true, "Yes"],
  ["start_date", "2024-01-05", "5 Jan 2024"],
  ["sizing", { method: "atr", risk_per_trade_pct: 1 }, "Equal volatility (ATR), 1% of equity a trade"],
  ["benchmark", null, "–"],
])("the setting %s of %j is told as %s", (key, value, told) =>
  expect(settingText(key, value, options)).toBe(told),
)

test("charges of one's own are told by their figures", () =>
  expect(chargesText({ bps: 3, per_order: 20 }, options)).toBe("3 basis points and ₹20.00 an order"))

test("until the options are loaded a schedule has the words of its name", () =>
  expect(chargesText("zerodha_equity_delivery", undefined)).toBe("Zerodha equity delivery"))

test("a setting has the name that the form gives it", () =>
  expect(settingName("max_positions")).toBe("Maximum open positions"))

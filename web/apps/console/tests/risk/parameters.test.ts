import { describe, expect, it } from "vitest"
import { parametersOf } from "@/features/risk/parameters"

const parameter = (key: string, label: string, kind: string) => ({
  key,
  label,
  kind,
  default: null,
  minimum: null,
  maximum: null,
  choices: [],
  note: "",
})
const types = [
  {
    type: "daily_loss",
    label: "Daily loss limit",
    text: "",
    action: "halt_entries",
    when: [],
    parameters: [
      parameter("amount", "Largest loss", "amount"),
      parameter("pct", "Largest loss, % of capital", "percent"),
      parameter("include_unrealised", "Count open positions", "flag"),
    ],
  },
] as Parameters<typeof parametersOf>[1]
const params = { amount: 5000, pct: 2, include_unrealised: true }

describe("parametersOf", () => {
  it("says what its form says, in its units, and of amount and percentage the one that counts", () => {
    expect(parametersOf({ type: "daily_loss", params }, types)).toBe(
      "Largest loss: ₹5,000 · Count open positions: yes",
    )
    expect(parametersOf({ type: "daily_loss", params: { ...params, amount: null } }, types)).toBe(
      "Largest loss, % of capital: 2.00% · Count open positions: yes",
    )
  })

  it("names parameters by their keys while the catalogue is loading", () => {
    expect(parametersOf({ type: "symbol_blacklist", params: { symbols: ["INFY", "TCS"] } }, [])).toBe(
      "Symbols: INFY, TCS",
    )
  })
})

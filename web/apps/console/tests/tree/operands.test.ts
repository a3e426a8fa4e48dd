import type { Operand } from "@tradertape/api/strategy.ts"
import { describe, expect, test } from "vitest"
import { choiceOf, choices, offsetOf, operandOf, withOffset } from "@/features/strategies/tree/operands"
import type { Catalogue } from "@/lib/queries/strategies"

const period = { name: "period", kind: "int" as const, default: 20, minimum: 1, maximum: 500 }
const common = { family: "average", unit: "price", source: "", warm_up: 19, is_boolean: false }
const catalogue: Catalogue = {
  indicators: [
    {
      ...common,
      name: "sma",
      title: "Simple moving average",
      inputs: ["source"],
      params: [period],
      outputs: ["sma"],
    },
    {
      ...common,
      name: "bollinger",
      title: "Bollinger bands",
      inputs: ["source"],
      params: [period],
      outputs: ["upper", "lower"],
    },
    {
      ...common,
      name: "atr",
      title: "Average true range",
      inputs: ["high", "low", "close"],
      params: [period],
      outputs: ["atr"],
    },
  ],
  short_names: [
    { name: "close", fn: "close", params: {}, output: "", title: "Close" },
    { name: "sma50", fn: "sma", params: { period: 50 }, output: "", title: "Simple moving average" },
  ],
  position_fields: ["pnl_pct"],
}

const all: Operand[] = [
  { type: "literal", value: 5 },
  { type: "indicator", name: "sma50" },
  { type: "param", name: "dip_pct" },
  { type: "position", field: "pnl_pct" },
  { type: "market", name: "close" },
]

test.each(all)("$type converts to its choice and back", (operand) => {
  expect(operandOf(choiceOf(operand), operand, catalogue)).toEqual(operand)
})

describe("available choices", () => {
  const values = (scope: "entry" | "position" | "market") =>
    choices(catalogue, scope, ["dip_pct"]).flatMap(({ items }) => items.map(({ value }) => value))

  test("no position in an entry", () => expect(values("entry")).not.toContain("position:pnl_pct"))
  test("the position in an exit", () => expect(values("position")).toContain("position:pnl_pct"))
  test("only the index in a regime, without volume", () => {
    expect(values("market")).toContain("market:sma50")
    expect(values("market")).not.toContain("market:volume")
    expect(values("market").some((value) => value.startsWith("name:") || value.startsWith("fn:"))).toBe(false)
  })
  test("parameters of the document everywhere", () => {
    for (const scope of ["entry", "position", "market"] as const)
      expect(values(scope)).toContain("param:dip_pct")
  })
  test("no choice twice", () => {
    const found = values("position")
    expect(new Set(found).size).toBe(found.length)
  })
})

describe("an indicator with its own settings", () => {
  const before: Operand = { type: "literal", value: 1 }
  test("starts from the catalogue's defaults", () => {
    expect(operandOf("fn:sma", before, catalogue)).toEqual({
      type: "indicator",
      fn: "sma",
      params: { period: 20 },
      source: "close",
    })
  })
  test("selects its first output where it has several", () => {
    expect(operandOf("fn:bollinger", before, catalogue)).toMatchObject({ output: "upper" })
  })
  test("has no source where it uses whole candles", () => {
    expect(operandOf("fn:atr", before, catalogue)).not.toHaveProperty("source")
  })
})

test("a calculation keeps the previous operand as its left side", () => {
  const close: Operand = { type: "indicator", name: "close" }
  expect(operandOf("arith", close, catalogue)).toMatchObject({ type: "arith", left: close })
})

test("a bare number is a literal", () => {
  expect(choiceOf(40)).toBe("literal")
  expect(operandOf("literal", 40, catalogue)).toEqual({ type: "literal", value: 40 })
})

test("an offset of zero removes the key", () => {
  const before = withOffset({ type: "indicator", name: "close" }, 3)
  expect(offsetOf(before)).toBe(3)
  expect(withOffset(before, 0)).toEqual({ type: "indicator", name: "close" })
  expect(withOffset({ type: "literal", value: 1 }, 3)).toEqual({ type: "literal", value: 1 })
})

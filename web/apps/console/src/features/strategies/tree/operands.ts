/** Conversion between operands and the choices of a select: one string and label each. */
import type { IndicatorParams, Operand } from "@tradertape/api/strategy.ts"
import { indicatorName } from "@/lib/indicator-names"
import type { Catalogue, IndicatorEntry } from "@/lib/queries/strategies"

/** What a tree may read: entries have no position yet, and the regime only has the index. */
export type Scope = "entry" | "position" | "market"

export const PRICES = ["close", "open", "high", "low", "volume"] as const

export interface Choice {
  value: string
  label: string
  note: string
}

export interface ChoiceGroup {
  group: string
  items: Choice[]
}

const POSITION_LABELS: Record<string, string> = {
  total_bars_held: "days held",
  bars_since_entry: "days since the last entry",
  avg_price: "average price",
  entry_price: "first entry price",
  qty: "shares held",
  pnl_pct: "profit %",
  max_pnl_pct: "highest profit %",
  drawdown_from_peak_pct: "fall from the peak %",
  addon_count: "add-ons made",
  bars_since_addon: "days since the last add-on",
  atr_at_entry: "ATR at entry",
  stop_price: "stop price",
}

function named(prefix: string, catalogue: Catalogue, isIndex: boolean): Choice[] {
  const prices = PRICES.filter((name) => !isIndex || name !== "volume")
  return [
    ...prices.map((name) => ({ value: `${prefix}:${name}`, label: name, note: "Price of the day" })),
    ...catalogue.short_names
      .filter(({ name }) => !PRICES.some((price) => price === name))
      .map(({ name, title }) => ({
        value: `${prefix}:${name}`,
        label: indicatorName(name),
        note: `${title}, ${name}`,
      })),
  ]
}

function custom(catalogue: Catalogue): Choice[] {
  return catalogue.indicators.map(({ name, title, params }) => ({
    value: `fn:${name}`,
    label: params.length > 0 ? `${title} (…)` : title,
    note: name,
  }))
}

/** All selectable choices in groups, for a scope and the document's parameters. */
export function choices(catalogue: Catalogue, scope: Scope, params: readonly string[]): ChoiceGroup[] {
  const values: ChoiceGroup = {
    group: "Value",
    items: [
      { value: "literal", label: "number", note: "A fixed number" },
      { value: "arith", label: "calculation", note: "Two values with + − × ÷ between" },
      ...params.map((name) => ({ value: `param:${name}`, label: name, note: "Parameter of this strategy" })),
    ],
  }
  const market: ChoiceGroup = {
    group: "Market index",
    items: named("market", catalogue, true).map((choice) => ({ ...choice, label: `index ${choice.label}` })),
  }
  if (scope === "market") return [values, market]
  const position: ChoiceGroup = {
    group: "Position",
    items: catalogue.position_fields.map((field) => ({
      value: `position:${field}`,
      label: POSITION_LABELS[field] ?? field,
      note: field,
    })),
  }
  return [
    values,
    ...(scope === "position" ? [position] : []),
    { group: "Price and indicators", items: named("name", catalogue, false) },
    { group: "Indicators with your own settings", items: custom(catalogue) },
    market,
  ]
}

export function choiceOf(operand: Operand): string {
  if (typeof operand === "number") return "literal"
  switch (operand.type) {
    case "literal":
    case "arith":
      return operand.type
    case "param":
      return `param:${operand.name}`
    case "position":
      return `position:${operand.field}`
    case "market":
      return operand.name ? `market:${operand.name}` : `marketfn:${operand.fn ?? ""}`
    case "indicator":
      return "fn" in operand ? `fn:${operand.fn}` : `name:${operand.name}`
  }
}

export function defaultParams(entry: IndicatorEntry | undefined): IndicatorParams {
  return Object.fromEntries((entry?.params ?? []).map((param) => [param.name, param.default]))
}

/** The operand for a choice, keeping number or operands of the previous one. */
export function operandOf(choice: string, before: Operand, catalogue: Catalogue): Operand {
  const [kind = "", ...rest] = choice.split(":")
  const name = rest.join(":")
  switch (kind) {
    case "arith":
      return { type: "arith", op: "*", left: before, right: { type: "literal", value: 1 } }
    case "param":
      return { type: "param", name }
    case "position":
      return { type: "position", field: name }
    case "market":
      return { type: "market", name }
    case "name":
      return { type: "indicator", name }
    case "fn":
      return customIndicator(name, catalogue)
    default:
      return { type: "literal", value: numberOf(before) }
  }
}

function customIndicator(fn: string, catalogue: Catalogue): Operand {
  const entry = catalogue.indicators.find((one) => one.name === fn)
  const output = entry && entry.outputs.length > 1 ? entry.outputs[0] : undefined
  return {
    type: "indicator",
    fn,
    params: defaultParams(entry),
    ...(entry?.inputs.includes("source") ? { source: "close" } : {}),
    ...(output ? { output } : {}),
  }
}

export function numberOf(operand: Operand): number {
  if (typeof operand === "number") return operand
  return operand.type === "literal" ? operand.value : 0
}

export function offsetOf(operand: Operand): number {
  return typeof operand === "object" && "offset" in operand ? (operand.offset ?? 0) : 0
}

/** The operand with an offset in bars; zero removes the offset. */
export function withOffset(operand: Operand, offset: number): Operand {
  if (typeof operand === "number" || (operand.type !== "indicator" && operand.type !== "market"))
    return operand
  const { offset: _old, ...rest } = operand
  return (offset > 0 ? { ...rest, offset } : rest) as Operand
}

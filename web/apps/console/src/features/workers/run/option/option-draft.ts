import type { ValidationError } from "@tradertape/api/client.ts"
import type { OptionProtectionDocument } from "@/lib/queries/option-runs"
import type { OperationRules } from "@/lib/queries/workers"
import { type Figure, given, type Operations, toOperations } from "../protection/draft"

/** Percent of the basis, rupees for the whole strategy, or combined premium per unit. */
export type Unit = "pct" | "inr" | "premium"
export type Basis = "entry_value" | "premium"

interface Limit {
  unit: Unit
  value: Figure
}

export interface OptionDraft {
  enabled: boolean
  basis: Basis
  stoploss: Limit
  target: Limit
  trail_from: Figure
  trail_distance: Figure
  leg_stoploss_pct: Figure
  leg_target_pct: Figure
  leg_trailing_stoploss_pct: Figure
  operations: Operations
}

const UNITS: Unit[] = ["pct", "inr", "premium"]

function limitOf(document: OptionProtectionDocument, name: "stoploss" | "target"): Limit {
  const unit = UNITS.find((one) => document[`${name}_${one}`] !== undefined) ?? "inr"
  return { unit, value: document[`${name}_${unit}`] ?? "" }
}

/** Convert the document to form values. */
export function toOptionDraft(before: OptionProtectionDocument | null): OptionDraft {
  const document = before ?? {}
  return {
    enabled: document.enabled ?? true,
    basis: document.basis ?? "entry_value",
    stoploss: limitOf(document, "stoploss"),
    target: limitOf(document, "target"),
    trail_from: document.trailing_activate_pct ?? "",
    trail_distance: document.trailing_drawdown_pct ?? document.trailing_stoploss_pct ?? "",
    leg_stoploss_pct: document.leg_stoploss_pct ?? "",
    leg_target_pct: document.leg_target_pct ?? "",
    leg_trailing_stoploss_pct: document.leg_trailing_stoploss_pct ?? "",
    operations: toOperations(document.operations),
  }
}

/** Convert form values to a document. Rules on single legs, which the form does not show, are kept. */
export function toOptionDocument(
  draft: OptionDraft,
  before: OptionProtectionDocument | null,
): OptionProtectionDocument {
  const { enabled, basis, stoploss, target, trail_from, trail_distance, operations, ...legs } = draft
  const distance = trail_from === "" ? "trailing_stoploss_pct" : "trailing_drawdown_pct"
  const rules = given<OperationRules>({ ...operations })
  return {
    enabled,
    basis,
    ...given<OptionProtectionDocument>({
      [`stoploss_${stoploss.unit}`]: stoploss.value,
      [`target_${target.unit}`]: target.value,
      trailing_activate_pct: trail_from,
      [distance]: trail_distance,
      ...legs,
    }),
    ...(before?.legs && { legs: before.legs }),
    ...(rules && { operations: rules }),
  }
}

const FIELDS: Record<string, string> = {
  trailing_activate_pct: "trail_from",
  trailing_drawdown_pct: "trail_distance",
  trailing_stoploss_pct: "trail_distance",
}

/** Map validation errors of the server to form fields. */
export function optionFieldErrors(validationErrors: readonly ValidationError[]): Record<string, string> {
  const placed = validationErrors.flatMap(({ pointer, message }): [string, string][] => {
    const name = /^\/protection\/(.+)$/.exec(pointer)?.[1]?.replaceAll("/", ".")
    if (!name) return []
    const limit = /^(stoploss|target)_(pct|inr|premium)$/.exec(name)
    return [[limit ? `${limit[1]}.value` : (FIELDS[name] ?? name), message]]
  })
  return Object.fromEntries(placed)
}

import type { Complaint } from "@tradertape/api/client.ts"
import type { OptionProtectionDocument } from "@/lib/queries/option-runs"
import type { Figure } from "../protection/draft"

/** Percent of the basis, rupees of the whole, or the combined premium of one unit. */
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
  operations: { exit_on_worker_stale: boolean; worker_stale_sec: Figure; mis_squareoff_buffer_sec: Figure }
}

const UNITS: Unit[] = ["pct", "inr", "premium"]

function limitOf(document: OptionProtectionDocument, name: "stoploss" | "target"): Limit {
  const unit = UNITS.find((one) => document[`${name}_${one}`] !== undefined) ?? "inr"
  return { unit, value: document[`${name}_${unit}`] ?? "" }
}

/** The document as a form has it. */
export function toOptionDraft(given: OptionProtectionDocument | null): OptionDraft {
  const document = given ?? {}
  const { operations = {} } = document
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
    operations: {
      exit_on_worker_stale: operations.exit_on_worker_stale ?? false,
      worker_stale_sec: operations.worker_stale_sec ?? "",
      mis_squareoff_buffer_sec: operations.mis_squareoff_buffer_sec ?? "",
    },
  }
}

const set = (name: string, value: Figure | boolean) =>
  value === "" || value === false ? {} : { [name]: value === true ? true : Number(value) }

/** The form as the server reads it. Rules on single legs, which it does not show, stay as they were. */
export function toOptionDocument(
  draft: OptionDraft,
  before: OptionProtectionDocument | null,
): OptionProtectionDocument {
  const { stoploss, target, operations } = draft
  const rules = {
    ...set("exit_on_worker_stale", operations.exit_on_worker_stale),
    ...set("worker_stale_sec", operations.worker_stale_sec),
    ...set("mis_squareoff_buffer_sec", operations.mis_squareoff_buffer_sec),
  }
  return {
    enabled: draft.enabled,
    basis: draft.basis,
    ...set(`stoploss_${stoploss.unit}`, stoploss.value),
    ...set(`target_${target.unit}`, target.value),
    ...(draft.trail_from === ""
      ? set("trailing_stoploss_pct", draft.trail_distance)
      : {
          ...set("trailing_activate_pct", draft.trail_from),
          ...set("trailing_drawdown_pct", draft.trail_distance),
        }),
    ...set("leg_stoploss_pct", draft.leg_stoploss_pct),
    ...set("leg_target_pct", draft.leg_target_pct),
    ...set("leg_trailing_stoploss_pct", draft.leg_trailing_stoploss_pct),
    ...(before?.legs && { legs: before.legs }),
    ...(Object.keys(rules).length > 0 && { operations: rules }),
  }
}

const FIELDS: Record<string, string> = {
  trailing_activate_pct: "trail_from",
  trailing_drawdown_pct: "trail_distance",
  trailing_stoploss_pct: "trail_distance",
}

/** What the server disliked, by the field of the form it stands at. */
export function optionFieldErrors(complaints: readonly Complaint[]): Record<string, string> {
  const placed = complaints.flatMap(({ pointer, message }): [string, string][] => {
    const name = /^\/protection\/(.+)$/.exec(pointer)?.[1]?.replaceAll("/", ".")
    if (!name) return []
    const limit = /^(stoploss|target)_(pct|inr|premium)$/.exec(name)
    return [[limit ? `${limit[1]}.value` : (FIELDS[name] ?? name), message]]
  })
  return Object.fromEntries(placed)
}

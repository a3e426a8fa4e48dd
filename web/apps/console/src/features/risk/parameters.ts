import { words } from "@tradertape/ui/format.ts"
import type { RiskRule, RiskRuleType } from "@/lib/queries/risk"
import { inUnit } from "./amounts"

type Rule = Pick<RiskRule, "type" | "params">

/** A rule's parameters with the labels and units of its form; an amount is instead of a percentage. */
export function parametersOf(rule: Rule, types: RiskRuleType[]): string {
  const known = types.find(({ type }) => type === rule.type)?.parameters ?? []
  const isByAmount = typeof rule.params.amount === "number"
  return Object.entries(rule.params)
    .filter(([key, value]) => value !== null && value !== undefined && !(isByAmount && key === "pct"))
    .map(([key, value]) => {
      const parameter = known.find((one) => one.key === key)
      return `${parameter?.label ?? words(key)}: ${shown(value, parameter?.kind)}`
    })
    .join(" · ")
}

function shown(value: unknown, kind = ""): string {
  if (typeof value === "boolean") return value ? "yes" : "no"
  if (Array.isArray(value)) return value.join(", ") || "none"
  return typeof value === "number" ? inUnit(value, kind) : String(value)
}

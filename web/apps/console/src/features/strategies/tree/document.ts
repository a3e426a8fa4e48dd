/** The user-editable fields of a strategy, in file order. */
import type { StrategyDocument } from "@tradertape/api/strategy.ts"

const KEYS = [
  "name",
  "description",
  "base_model",
  "schema_version",
  "timeframe",
  "direction",
  "tags",
  "params",
  "filters",
  "regime_filter",
  "entry_rules",
  "entry",
  "exit_rules",
  "stops",
  "addon_rules",
  "conviction_scoring",
  "config",
] as const

/** Extract the document from a server response: without ids, dates and owner. */
export function documentOf(strategy: StrategyDocument): StrategyDocument {
  const fields = strategy as unknown as Record<string, unknown>
  const kept = KEYS.filter((key) => fields[key] !== undefined).map((key) => [key, fields[key]])
  return Object.fromEntries(kept) as StrategyDocument
}

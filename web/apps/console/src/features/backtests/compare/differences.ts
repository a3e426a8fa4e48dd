/** What differs between the rules and the settings of runs. */
import type { Run } from "@tradertape/api/backtest.ts"
import { words } from "@tradertape/ui/format.ts"

export interface Difference {
  label: string
  /** One text per run; "–" where a run does not have it. */
  values: string[]
}

type Compared = Pick<Run, "config" | "strategy_snapshot">

const MISSING = "–"
/** Names of a strategy, which differ where its rules do not. */
const LABELS = new Set(["name", "description", "notes", "tags"])

/** The rules that differ, then the settings. */
export function differencesOf(runs: readonly Compared[]): Difference[] {
  const rules = runs.map((run) => leaves(run.strategy_snapshot, []))
  const settings = runs.map((run) => leaves(run.config, []))
  return [...differing(rules), ...differing(settings)]
}

function differing(all: readonly Map<string, string>[]): Difference[] {
  const labels = [...new Set(all.flatMap((one) => [...one.keys()]))]
  return labels
    .map((label) => ({ label, values: all.map((one) => one.get(label) ?? MISSING) }))
    .filter(({ values }) => new Set(values).size > 1)
}

/** Every value of a document by the words of its place: "Stops, initial pct" → "8". */
function leaves(value: unknown, place: readonly string[]): Map<string, string> {
  if (Array.isArray(value) && value.every((one) => typeof one !== "object"))
    return new Map([[place.join(", "), value.join(", ") || MISSING]])
  if (typeof value !== "object" || value === null)
    return new Map([[place.join(", "), value === null ? MISSING : String(value)]])
  const entries = Array.isArray(value)
    ? value.map((one, i): [string, unknown] => [String(i + 1), one])
    : Object.entries(value).filter(([key]) => place.length > 0 || !LABELS.has(key))
  return new Map(entries.flatMap(([key, one]) => [...leaves(one, [...place, named(key, place)])]))
}

function named(key: string, place: readonly string[]): string {
  return place.length === 0 ? words(key) : words(key).toLowerCase()
}

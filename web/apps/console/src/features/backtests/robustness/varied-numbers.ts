/** The numbers of a strategy that a study can vary, each by its JSON pointer or parameter name. */
import type { StrategyDocument } from "@tradertape/api/strategy.ts"
import { words } from "@tradertape/ui/format.ts"
import { indicatorName } from "@/lib/indicator-names"

export interface VariedNumber {
  key: string
  label: string
  value: number
}

const BLOCKS = [
  "entry_rules",
  "exit_rules",
  "stops",
  "addon_rules",
  "filters",
  "entry",
  "config",
  "regime_filter",
] as const
const NOT_VARIED = new Set(["seed", "priority", "offset"])

type Holder = Record<string, unknown>

function isHolder(value: unknown): value is Holder {
  return typeof value === "object" && value !== null
}

/** A short text for the condition around a number: "RSI(14) <". */
function contextOf(parent: Holder): string {
  const left = parent.left
  const name = isHolder(left) ? (left.name ?? left.fn ?? left.field) : undefined
  const value = parent.value
  const inner = isHolder(value) ? (value.name ?? value.fn ?? value.field) : undefined
  const subject = name ?? inner
  return typeof subject === "string"
    ? `${indicatorName(subject)} ${typeof parent.op === "string" ? parent.op : ""}`.trim()
    : ""
}

function walk(value: unknown, path: string[], outerContext: string, found: VariedNumber[]): void {
  if (typeof value === "number") {
    const name = path.at(-1) ?? ""
    if (NOT_VARIED.has(name)) return
    const place = name === "value" || outerContext !== "" ? outerContext : words(name)
    found.push({ key: `/${path.join("/")}`, label: `${words(path[0])}: ${place || words(name)}`, value })
    return
  }
  if (!isHolder(value)) return
  for (const [key, inner] of Object.entries(value)) {
    const context = "type" in value ? contextOf(value) || outerContext : outerContext
    const isSide = key === "low" || key === "high"
    walk(inner, [...path, key], isSide ? `${context} ${key === "low" ? "from" : "to"}` : context, found)
  }
}

/** Declared parameters first, then every number of the rules and blocks, in the order of the document. */
export function numbersOf(document: StrategyDocument): VariedNumber[] {
  const declared = Object.entries(document.params ?? {}).map(([name, spec]) => ({
    key: name,
    label: `Parameter ${name}`,
    value: typeof spec === "number" ? spec : spec.default,
  }))
  const found: VariedNumber[] = []
  for (const block of BLOCKS) walk(document[block], [block], "", found)
  return [...declared, ...found]
}

/** A range of about five values around the current one, with a round step. */
export function rangeAround(value: number): { min: number; max: number; step: number } {
  const raw = Math.abs(value) / 5 || 1
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((digit) => digit * power >= raw) ?? 10) * power
  const round = (given: number) => Number(given.toPrecision(10))
  return { min: round(Math.max(0, value - 2 * step)), max: round(value + 2 * step), step: round(step) }
}

/** How many values a range has. */
export function sizeOf({ min, max, step }: { min: number; max: number; step: number }): number {
  return step > 0 && max >= min ? Math.floor((max - min) / step + 1e-9) + 1 : 0
}

/** Returns a function from keys of varied numbers to labels; unknown keys are returned unchanged. */
export function namesOf(document: StrategyDocument): (key: string) => string {
  const labels = new Map(numbersOf(document).map(({ key, label }) => [key, label]))
  return (key) => labels.get(key) ?? key
}

import { plain, words } from "@tradertape/ui/format.ts"

export type RiskValue = string | number | boolean

/** A control of the worker that can be changed while it runs, as its `risk_schema` describes it. */
export interface RiskControl {
  key: string
  label?: string
  type?: "number" | "integer" | "boolean" | "select" | "text"
  min?: number
  max?: number
  step?: number
  options?: (string | number | { value: string | number; label?: string })[]
  default?: RiskValue
  help?: string
  unit?: string
  editable?: boolean
  requires_reason?: boolean
}
export type Risk = Record<string, RiskValue>

/** Values of a run that are simple enough to edit. */
export function plainRisk(risk: Record<string, unknown>): Risk {
  const plain = Object.entries(risk).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  )
  return Object.fromEntries(plain) as Risk
}

/** The controls the worker defines; without any, one for each of its values. */
export function controlsOf(schema: readonly RiskControl[], risk: Risk): RiskControl[] {
  if (schema.length > 0) return [...schema]
  return Object.entries(risk).map(([key, value]) => ({
    key,
    type: typeof value === "boolean" ? "boolean" : typeof value === "number" ? "number" : "text",
  }))
}

/** Initial form values: the value in force, else the worker's default. */
export function initialRisk(controls: readonly RiskControl[], risk: Risk): Risk {
  const values = controls.map((control) => [
    control.key,
    risk[control.key] ?? control.default ?? emptyOf(control),
  ])
  return Object.fromEntries(values) as Risk
}

function emptyOf({ type = "number" }: RiskControl): RiskValue {
  return type === "boolean" ? false : ""
}

/** The patch for the server: only controls that are set and changed. */
export function patchOf(controls: readonly RiskControl[], before: Risk, after: Risk): Risk {
  const changed = controls.filter(({ key }) => after[key] !== before[key] && after[key] !== "")
  return Object.fromEntries(changed.map(({ key }) => [key, after[key]])) as Risk
}

/** The form field of each value of a patch and of its reason. */
export function placesOf(controls: readonly RiskControl[]): Record<string, string> {
  const values = controls.map(({ key }) => [`/patch/${key}`, `values.${key}`])
  return { ...Object.fromEntries(values), "/reason": "reason" }
}

export function labelOf({ key, label, unit }: RiskControl): string {
  return unit ? `${label ?? words(key)} (${unit})` : (label ?? words(key))
}

/** "0.5 to 5", "At least 1": the allowed range of a number. */
export function rangeOf({ min, max }: RiskControl): string {
  if (min !== undefined && max !== undefined) return `${plain(min)} to ${plain(max)}`
  if (min !== undefined) return `At least ${plain(min)}`
  return max === undefined ? "" : `At most ${plain(max)}`
}

/** The options of a select by their labels. */
export function choicesOf({
  options = [],
}: RiskControl): { value: string; label: string; means: RiskValue }[] {
  return options.map((option) => {
    const means = typeof option === "object" ? option.value : option
    const label = typeof option === "object" ? option.label : undefined
    return { value: String(means), label: label ?? String(means), means }
  })
}

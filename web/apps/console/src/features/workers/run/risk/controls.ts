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
export type Limits = Record<string, number | null>

/** Values of a run that are simple enough to edit. */
export function plainRisk(risk: Record<string, unknown>): Risk {
  const plain = Object.entries(risk).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  )
  return Object.fromEntries(plain) as Risk
}

/** The price bands that the server checks for every run, with their values unless the run sets them. */
const BANDS: readonly RiskControl[] = [
  {
    key: "price_band_pct",
    label: "Price band",
    unit: "%",
    default: 5,
    help: "The server refuses an entry in shares or futures that is farther from the last price. Exits are not limited.",
  },
  {
    key: "option_price_band_pct",
    label: "Price band of options",
    unit: "%",
    default: 40,
    help: "The same for options.",
  },
]

/**
 * The controls the worker defines, which are then all that can be changed; without any, one for each of
 * its values, and the price bands. limits: those in force, whoever set them.
 */
export function controlsOf(schema: readonly RiskControl[], risk: Risk, limits: Limits): RiskControl[] {
  if (schema.length > 0) return [...schema]
  const own = Object.entries(risk).filter(([key]) => BANDS.every((band) => band.key !== key))
  return [
    ...own.map(([key, value]) => ({ key, type: typeOf(value) })),
    ...BANDS.map((band) => ({ ...band, default: limits[band.key] ?? band.default })),
  ]
}

function typeOf(value: RiskValue): RiskControl["type"] {
  return typeof value === "boolean" ? "boolean" : typeof value === "number" ? "number" : "text"
}

/** "Entries within 5% of the last price, options within 40%. Exits are not limited." */
export function bandWords(limits: Limits): string {
  const [own, options] = BANDS.map((band) => limits[band.key] ?? band.default)
  return `Entries within ${plain(Number(own))}% of the last price, options within ${plain(Number(options))}%. Exits are not limited.`
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

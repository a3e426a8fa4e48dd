import { money, number, percent } from "@tradertape/ui/format.ts"

/** A figure of a rule in its unit; a dash where there is nothing to count. */
export function inUnit(value: number | null, unit: string): string {
  if (value === null) return "–"
  if (unit === "amount") return money(value, 0)
  if (unit === "percent") return percent(value, 2)
  return unit === "seconds" ? `${number(value)} s` : number(value)
}

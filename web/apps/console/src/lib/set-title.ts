import { words } from "@tradertape/ui/format.ts"

/** "simulated" → "Simulated market"; other data sets by their name. */
export function setTitle(name: string): string {
  if (name === "simulated") return "Simulated market"
  return name.length <= 4 ? name.toUpperCase() : words(name)
}

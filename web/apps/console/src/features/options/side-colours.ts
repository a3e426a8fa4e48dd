import type { Preferences } from "@/lib/preferences"

/** The names of the colours in which calls and puts are drawn: those of loss and gain in the palette. */
export function sideColours(palette: Preferences["palette"]): { calls: string; puts: string } {
  return palette === "colour-blind" ? { calls: "orange", puts: "blue" } : { calls: "red", puts: "green" }
}

/** The colours of a monthly heat map. */

export interface HeatRow {
  year: number
  months: (number | null)[]
  whole: number | null
}

/** The return with full colour: the 90th percentile of absolute monthly returns, at least 1%. */
export function fullStrength(values: readonly (number | null)[]): number {
  const sizes = values
    .filter((value) => value !== null)
    .map(Math.abs)
    .sort((a, b) => a - b)
  const at = Math.min(sizes.length - 1, Math.floor(sizes.length * 0.9))
  return Math.max(1, sizes[at] ?? 1)
}

/** Opacity of a cell, 0 to 0.75, proportional to the square root so that small returns remain visible. */
export function strength(value: number | null, full: number): number {
  if (value === null || value === 0) return 0
  return Math.min(1, Math.sqrt(Math.abs(value) / full)) * 0.6
}

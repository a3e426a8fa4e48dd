export interface Bin {
  from: number
  to: number
  count: number
}

const STEPS = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5, 10, 20, 25, 50]

/** A round bin width that splits a span into about `wanted` bins. */
export function roundWidth(span: number, wanted: number): number {
  const raw = span / Math.max(1, wanted)
  const found = STEPS.find((step) => step >= raw)
  return found ?? Math.ceil(raw / 50) * 50
}

/** Counts per bin of round width, aligned at zero so that no bin mixes gains and losses. */
export function histogram(values: readonly number[], wanted = 30): Bin[] {
  if (values.length === 0) return []
  const low = Math.min(...values)
  const high = Math.max(...values)
  const width = roundWidth(high - low || 1, wanted)
  const first = Math.floor(low / width)
  const last = Math.floor(high / width)
  const bins = Array.from({ length: last - first + 1 }, (_, i) => ({
    from: (first + i) * width,
    to: (first + i + 1) * width,
    count: 0,
  }))
  for (const value of values) {
    const bin = bins[Math.floor(value / width) - first]
    if (bin) bin.count += 1
  }
  return bins
}

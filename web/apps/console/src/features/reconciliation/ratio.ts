/** A ratio of units after to units before, in the smallest whole numbers: 1.5 is 3 for every 2. */
export function partsOf(ratio: number): { now: number; old: number } {
  if (!Number.isFinite(ratio) || ratio <= 0) return { now: 1, old: 1 }
  for (let old = 1; old <= 100; old++) {
    const now = ratio * old
    if (Math.abs(now - Math.round(now)) < 1e-6 && Math.round(now) >= 1) return { now: Math.round(now), old }
  }
  return { now: Math.max(1, Math.round(ratio)), old: 1 }
}

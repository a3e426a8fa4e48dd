interface Point {
  date: string
  value: number | null
}

/** The same curve starting at 100 on its first known day. */
export function rebased(points: readonly Point[]): Point[] {
  const first = points.find(({ value }) => value !== null && value !== 0)?.value
  if (!first) return [...points]
  return points.map(({ date, value }) => ({ date, value: value === null ? null : (value / first) * 100 }))
}

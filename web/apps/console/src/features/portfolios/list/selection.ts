/** At most this many curves are told apart by their colours. */
export const MOST_COMPARED = 6

/** The chosen ids with one more or one less; the first is dropped for one too many. */
export function toggled(chosen: readonly number[], id: number): number[] {
  if (chosen.includes(id)) return chosen.filter((one) => one !== id)
  return [...chosen, id].slice(-MOST_COMPARED)
}

/** A curve as growth of 100 from its first value; empty where there is nothing to begin from. */
export function growth(points: readonly { date: string; equity: number }[], start: number) {
  return points.map(({ date, equity }) => ({ date, value: start > 0 ? (equity / start) * 100 : null }))
}

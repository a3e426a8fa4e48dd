/** The signal that the keyboard is at, in a list that shrinks while it is worked through. */

interface Identified {
  id: number
}

/** The signal at the cursor: the chosen one if it is there, else the first. */
export function currentOf<T extends Identified>(
  rows: readonly T[],
  chosen: number | undefined,
): T | undefined {
  return rows.find(({ id }) => id === chosen) ?? rows[0]
}

/** The id of the row some steps away, within the list. */
export function moved(
  rows: readonly Identified[],
  current: number | undefined,
  step: 1 | -1,
): number | undefined {
  const at = rows.findIndex(({ id }) => id === current)
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.id
}

/** The row to go on with after some are gone: the next one that stays, else the one before. */
export function after(
  rows: readonly Identified[],
  gone: readonly number[],
  current: number | undefined,
): number | undefined {
  const at = rows.findIndex(({ id }) => id === current)
  const stays = ({ id }: Identified) => !gone.includes(id)
  return (rows.slice(at + 1).find(stays) ?? rows.slice(0, Math.max(0, at)).reverse().find(stays))?.id
}

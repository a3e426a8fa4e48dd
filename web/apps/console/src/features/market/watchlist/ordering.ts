import type { KiteQuote } from "@tradertape/api/live.ts"

export type SortBy = "name" | "last" | "percent" | "volume"

export interface Sorting {
  by: SortBy
  isDescending: boolean
}

/** What a click on a head leads to: the largest first, then the smallest, then the list's own order again. */
export function nextSorting(now: Sorting | null, by: SortBy): Sorting | null {
  const first = by !== "name"
  if (now?.by !== by) return { by, isDescending: first }
  return now.isDescending === first ? { by, isDescending: !first } : null
}

/** What a list is sorted by; what has no figure stands last, whichever way. */
function figure(quote: KiteQuote | undefined, by: SortBy): number | null {
  if (!quote) return null
  if (by === "last") return quote.last_price
  if (by === "volume") return quote.volume
  const close = quote.ohlc.close
  return quote.net_change === null || !close ? null : (quote.net_change / close) * 100
}

/** The ids in the order of a figure, the largest first unless said; equal ones stay as they stood. */
export function sortedBy(
  ids: readonly string[],
  quotes: Readonly<Record<string, KiteQuote>>,
  by: SortBy,
  isDescending: boolean,
): string[] {
  const sign = isDescending ? -1 : 1
  if (by === "name")
    return ids.toSorted((a, b) => sign * (a.split(":")[1] ?? a).localeCompare(b.split(":")[1] ?? b))
  return ids.toSorted((a, b) => {
    const [x, y] = [figure(quotes[a], by), figure(quotes[b], by)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    return sign * (x - y)
  })
}

/** The ids with one of them moved by some places; it stops at the ends. */
export function movedBy(ids: readonly string[], id: string, places: number): string[] {
  const from = ids.indexOf(id)
  if (from < 0) return [...ids]
  const to = Math.min(ids.length - 1, Math.max(0, from + places))
  const rest = ids.filter((one) => one !== id)
  return [...rest.slice(0, to), id, ...rest.slice(to)]
}

import type { Quote } from "@tradertape/api/generated/types.gen.ts"

export type SortBy = "name" | "last" | "percent" | "volume"

export interface Sorting {
  by: SortBy
  isDescending: boolean
}

/** The next sorting after a click on a header: descending, ascending, then the list's own order. */
export function nextSorting(now: Sorting | null, by: SortBy): Sorting | null {
  const first = by !== "name"
  if (now?.by !== by) return { by, isDescending: first }
  return now.isDescending === first ? { by, isDescending: !first } : null
}

/** The values to sort by; missing values sort last in both directions. */
function figure(quote: Quote | undefined, by: SortBy): number | null {
  if (!quote) return null
  if (by === "last") return quote.last_price
  if (by === "volume") return quote.volume ?? null
  const close = quote.ohlc?.close
  return quote.net_change == null || !close ? null : (quote.net_change / close) * 100
}

/** Sort ids by a figure, descending by default. Stable for equal values. */
export function sortedBy(
  ids: readonly string[],
  quotes: Readonly<Record<string, Quote>>,
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

/** Move one id by a number of places, limited to the ends of the list. */
export function movedBy(ids: readonly string[], id: string, places: number): string[] {
  const from = ids.indexOf(id)
  if (from < 0) return [...ids]
  const to = Math.min(ids.length - 1, Math.max(0, from + places))
  const rest = ids.filter((one) => one !== id)
  return [...rest.slice(0, to), id, ...rest.slice(to)]
}

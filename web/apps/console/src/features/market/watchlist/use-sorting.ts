import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useMemo, useRef, useState } from "react"
import { readQuotes } from "@/lib/queries/live"
import { nextSorting, type SortBy, type Sorting, sortedBy } from "./ordering"

const AGAIN_MS = 3_000

/**
 * Sort the list by a figure, updated every few seconds. The list's own order is unchanged.
 * Rows do not move while the pointer or the focus is inside the table.
 */
export function useSorting(ids: readonly string[]) {
  const [sorting, setSorting] = useState<Sorting | null>(null)
  const isRead = useRef(false)
  const quotes = useQuery({
    queryKey: ["watchlists", "order", ids],
    queryFn: () => readQuotes([...ids]),
    enabled: sorting !== null && sorting.by !== "name" && ids.length > 0,
    refetchInterval: AGAIN_MS,
    staleTime: 0,
    placeholderData: keepPreviousData,
  })
  const fresh = useMemo(
    () => (sorting ? sortedBy(ids, quotes.data?.quotes ?? {}, sorting.by, sorting.isDescending) : ids),
    [ids, sorting, quotes.data],
  )
  const shown = useRef({ ids, sorting, order: fresh })
  const isSame = shown.current.ids === ids && shown.current.sorting === sorting
  const isWaiting = sorting !== null && sorting.by !== "name" && !quotes.data
  if (!isSame || !isRead.current || isWaiting) shown.current = { ids, sorting, order: fresh }
  return {
    sorting,
    order: shown.current.order,
    error: quotes.error,
    sortBy: (by: SortBy) => setSorting((now) => nextSorting(now, by)),
    stop: () => setSorting(null),
    /** Called by the table: whether the pointer or the focus is inside it. */
    onRead: (is: boolean) => {
      isRead.current = is
    },
  }
}

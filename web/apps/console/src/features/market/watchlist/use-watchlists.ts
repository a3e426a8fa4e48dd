import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useCallback } from "react"
import { notifyFailure } from "@/lib/notify"
import { offerUndo } from "@/lib/offer-undo"
import { type Watchlist, watchlistCalls, watchlistsQuery } from "@/lib/queries/watchlists"

type Patch = Parameters<typeof watchlistCalls.change>[1]

/** Mutations of watch lists; the query cache is updated with the server's response. */
export function useWatchlists() {
  const client = useQueryClient()
  const put = useCallback(
    (list: Watchlist) =>
      client.setQueryData(watchlistsQuery.queryKey, (all) =>
        all?.some((one) => one.id === list.id)
          ? all.map((one) => (one.id === list.id ? list : one))
          : [...(all ?? []), list],
      ),
    [client],
  )
  const changing = useMutation({
    mutationFn: ({ id, patch }: { id: number; patch: Patch }) => watchlistCalls.change(id, patch),
    onSuccess: put,
    onError: (error) => notifyFailure("The list was not changed", error),
  })
  const creating = useMutation({
    mutationFn: watchlistCalls.create,
    onSuccess: put,
    onError: (error) => notifyFailure("The list was not created", error),
  })
  const removing = useMutation({
    mutationFn: (list: Watchlist) => watchlistCalls.remove(list.id),
    onSuccess: (_, list) => {
      client.setQueryData(watchlistsQuery.queryKey, (all) => all?.filter((one) => one.id !== list.id))
      offerUndo(`“${list.name}” was deleted`, () =>
        creating.mutate({ name: list.name, instruments: list.instruments }),
      )
    },
    onError: (error) => notifyFailure("The list was not deleted", error),
  })
  return { changing, creating, removing }
}

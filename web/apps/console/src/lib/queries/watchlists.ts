import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  WatchedOut,
  WatchlistIn,
  WatchlistOut,
  WatchlistPatch,
} from "@tradertape/api/generated/types.gen.ts"

export type Watchlist = WatchlistOut
export type Watched = WatchedOut

export const watchlistsQuery = queryOptions({
  queryKey: ["watchlists"],
  queryFn: ({ signal }) => unwrap(api.listWatchlists({ signal })),
})

/** The instruments of a list with their names, keyed by list content and order. */
export const watchedQuery = (list: Watchlist) =>
  queryOptions({
    queryKey: ["watchlists", list.id, "instruments", list.updated_at],
    queryFn: ({ signal }) => unwrap(api.listWatched({ signal, path: { watchlist_id: list.id } })),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  })

export const watchlistCalls = {
  create: (body: WatchlistIn) => unwrap(api.createWatchlist({ body })),
  change: (id: number, body: WatchlistPatch) =>
    unwrap(api.changeWatchlist({ path: { watchlist_id: id }, body })),
  remove: (id: number) => unwrap(api.deleteWatchlist({ path: { watchlist_id: id } })),
}

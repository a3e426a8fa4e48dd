import { Card, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { ListPlus } from "lucide-react"
import { useCallback, useRef } from "react"
import { EmptyState } from "@/components/empty-state"
import { ErrorState } from "@/components/error-state"
import { InstrumentSearch } from "@/components/instrument-search"
import { offerUndo } from "@/lib/offer-undo"
import { readQuotes } from "@/lib/queries/live"
import { type Watched, type Watchlist, watchedQuery } from "@/lib/queries/watchlists"
import { tellFailed } from "@/lib/tell"
import classes from "../market.module.css"
import { ListTabs } from "./list-tabs"
import { movedBy, type SortBy, sortedBy } from "./ordering"
import { useWatchlists } from "./use-watchlists"
import { WatchTable } from "./watch-table"

interface Props {
  lists: readonly Watchlist[]
  chosen: Watchlist
  onChoose: (id: number | undefined) => void
}

/** The lists, the chosen one's rows, and the field that adds to it. */
export function WatchBoard({ lists, chosen, onChoose }: Props) {
  const { changing, creating, removing } = useWatchlists()
  const watched = useQuery(watchedQuery(chosen))
  const navigate = useNavigate()
  const lastSort = useRef<{ by: SortBy; isDescending: boolean } | null>(null)
  const { mutate: change } = changing
  const { id, instruments } = chosen

  const onMove = useCallback(
    (one: string, places: number) =>
      change({ id, patch: { instruments: movedBy(instruments, one, places) } }),
    [change, id, instruments],
  )
  const onRemove = useCallback(
    (one: string) => {
      change({ id, patch: { remove: [one] } })
      offerUndo(`${one} was removed`, () => change({ id, patch: { instruments } }))
    },
    [change, id, instruments],
  )
  const onOpen = useCallback(
    (one: string) => void navigate({ to: "/market/$id", params: { id: one } }),
    [navigate],
  )
  const onSort = async (by: SortBy) => {
    const isSame = lastSort.current?.by === by
    const isDescending = isSame ? !lastSort.current?.isDescending : by !== "name"
    lastSort.current = { by, isDescending }
    try {
      const quotes = by === "name" ? {} : (await readQuotes(instruments)).quotes
      change({ id, patch: { instruments: sortedBy(instruments, quotes, by, isDescending) } })
    } catch (error) {
      tellFailed("The list was not sorted", error)
    }
  }

  return (
    <Card p={0} component="section" aria-label="Watch lists">
      <div className={classes.lists}>
        <ListTabs
          lists={lists}
          chosen={chosen}
          onChoose={onChoose}
          onCreate={(name) => creating.mutate({ name }, { onSuccess: (made) => onChoose(made.id) })}
          onRename={(name) => change({ id, patch: { name } })}
          onRemove={() => removing.mutate(chosen, { onSuccess: () => onChoose(undefined) })}
        />
        <InstrumentSearch
          label="Add an instrument"
          placeholder="Add: INFY, NIFTY 24000 CE…"
          keepsGoing
          width={230}
          onChoose={({ instrument }) => change({ id, patch: { add: [instrument] } })}
        />
      </div>
      <div id="watch-list" role="tabpanel" aria-labelledby={`list-${id}`}>
        {watched.error ? (
          <ErrorState error={watched.error} what="The watch list" retry={() => void watched.refetch()} />
        ) : !watched.data ? (
          <RowsWaiting />
        ) : watched.data.length === 0 ? (
          <EmptyState icon={<ListPlus size={28} />} title="Nothing on this list yet">
            Type a name into the field above and press Enter: shares, indices, futures and options.
          </EmptyState>
        ) : (
          <WatchTable
            name={chosen.name}
            rows={inOrder(watched.data, instruments)}
            onSort={(by) => void onSort(by)}
            onMove={onMove}
            onRemove={onRemove}
            onOpen={onOpen}
          />
        )}
      </div>
    </Card>
  )
}

/** Rows in the list's own order; what the names are still asked for is left out for a moment. */
function inOrder(watched: readonly Watched[], ids: readonly string[]): Watched[] {
  const known = new Map(watched.map((one) => [one.instrument, one]))
  return ids.flatMap((id) => known.get(id) ?? [])
}

function RowsWaiting() {
  return (
    <Stack gap={4} p="md" aria-busy aria-label="Loading the list">
      {Array.from({ length: 10 }, (_, i) => (
        <Skeleton key={i} height={36} />
      ))}
    </Stack>
  )
}

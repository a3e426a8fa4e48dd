import { Card, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { ListPlus } from "lucide-react"
import { useCallback } from "react"
import { InstrumentSearch } from "@/components/inputs/instrument-search"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { offerUndo } from "@/lib/offer-undo"
import { type Watched, type Watchlist, watchedQuery } from "@/lib/queries/watchlists"
import classes from "../market.module.css"
import { ListTabs } from "./list-tabs"
import { movedBy } from "./ordering"
import { SortNote } from "./sort-note"
import { useSorting } from "./use-sorting"
import { useWatchlists } from "./use-watchlists"
import { WatchTable } from "./watch-table"

interface Props {
  lists: readonly Watchlist[]
  chosen: Watchlist
  onChoose: (id: number | undefined) => void
}

/** The watch lists, the rows of the selected one, and the field to add instruments. */
export function WatchBoard({ lists, chosen, onChoose }: Props) {
  const { changing, creating, removing } = useWatchlists()
  const watched = useQuery(watchedQuery(chosen))
  const navigate = useNavigate()
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
  const sorted = useSorting(instruments)
  const { sorting } = sorted
  const keep = () => {
    change({ id, patch: { instruments: [...sorted.order] } })
    sorted.stop()
    offerUndo("The list is saved in this order", () => change({ id, patch: { instruments } }))
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
          clearsOnChoice
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
            Search above and press Enter to add shares, indices, futures or options.
          </EmptyState>
        ) : (
          <>
            {sorting && (
              <SortNote sorting={sorting} error={sorted.error} onStop={sorted.stop} onKeep={keep} />
            )}
            <WatchTable
              name={chosen.name}
              rows={inOrder(watched.data, sorted.order)}
              sorting={sorting}
              onSort={sorted.sortBy}
              onRead={sorted.onRead}
              onMove={sorting ? undefined : onMove}
              onRemove={onRemove}
              onOpen={onOpen}
            />
          </>
        )}
      </div>
    </Card>
  )
}

/** Rows in the list's own order, without instruments whose names are still loading. */
function inOrder(watched: readonly Watched[], ids: readonly string[]): Watched[] {
  const known = new Map(watched.map((one) => [one.instrument, one]))
  return ids.flatMap((id) => known.get(id) ?? [])
}

function RowsWaiting() {
  return (
    <Stack gap={4} p="md" role="status" aria-busy aria-label="Loading the list">
      {Array.from({ length: 10 }, (_, i) => (
        <Skeleton key={i} height={36} />
      ))}
    </Stack>
  )
}

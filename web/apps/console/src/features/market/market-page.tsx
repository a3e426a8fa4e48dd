import { Button, Card, Group, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Eye } from "lucide-react"
import { IndicesStrip } from "@/components/indices/indices-strip"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { watchlistsQuery } from "@/lib/queries/watchlists"
import { useWatchlists } from "./watchlist/use-watchlists"
import { WatchBoard } from "./watchlist/watch-board"

const route = getRouteApi("/frame/market")

/** The market page: main indices and watch lists. */
export function MarketPage() {
  const { list } = route.useSearch()
  const navigate = route.useNavigate()
  const lists = useQuery(watchlistsQuery)
  const chosen = lists.data?.find((one) => one.id === list) ?? lists.data?.[0]
  const choose = (id: number | undefined) =>
    void navigate({ search: { list: id }, replace: true, resetScroll: false })
  return (
    <>
      <PageHeader title="Market" />
      <IndicesStrip />
      {lists.error ? (
        <ErrorState error={lists.error} what="Your watch lists" retry={() => void lists.refetch()} />
      ) : !lists.data ? (
        <Skeleton height={480} role="status" aria-busy aria-label="Loading" />
      ) : chosen ? (
        <WatchBoard lists={lists.data} chosen={chosen} onChoose={choose} />
      ) : (
        <NoLists />
      )}
    </>
  )
}

function NoLists() {
  const { creating } = useWatchlists()
  return (
    <Card>
      <EmptyState
        icon={<Eye size={30} />}
        title="Create a watch list"
        action={
          <Group gap={8} justify="center">
            <Button
              loading={creating.isPending}
              onClick={() => creating.mutate({ name: "NIFTY 50", universe: "nifty_50" })}
            >
              Start with the NIFTY 50
            </Button>
            <Button
              variant="default"
              disabled={creating.isPending}
              onClick={() => creating.mutate({ name: "My list" })}
            >
              Start with an empty list
            </Button>
          </Group>
        }
      >
        A watch list shows the last price, change, volume and day's range of up to 500 instruments live. You
        can create up to twenty; they are saved in your account.
      </EmptyState>
    </Card>
  )
}

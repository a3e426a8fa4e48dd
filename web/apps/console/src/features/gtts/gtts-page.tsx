import { Button, Card, Select, Skeleton, Tabs } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { AlarmClockCheck, History, Plus } from "lucide-react"
import { type ReactNode, useCallback, useState } from "react"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import { symbolOf } from "@/lib/instrument"
import { useAccountEvents, useFeedStatus } from "@/lib/live"
import { offerUndo } from "@/lib/offer-undo"
import { type Gtt, gttAccountsQuery, gttCalls, gttsQuery, type NewLeg } from "@/lib/queries/gtts"
import { tellDone, tellFailed } from "@/lib/tell"
import { GttForm } from "./form/gtt-form"
import { HistoryTable } from "./history-table"
import { WaitingTable } from "./waiting-table"

const route = getRouteApi("/frame/gtts")

/** The legs of a trigger as they would be sent again. */
function legsAgain(gtt: Gtt): NewLeg[] {
  return gtt.legs.map(({ trigger, transaction_type, quantity, price, product }) => ({
    trigger,
    transaction_type: transaction_type === "BUY" ? "BUY" : "SELL",
    quantity,
    price,
    product: product === "NRML" ? "NRML" : "CNC",
  }))
}

/** Delete at once, and offer to make the same one again. */
function useDelete(): (gtt: Gtt) => void {
  const client = useQueryClient()
  const again = useMutation({
    mutationFn: (gtt: Gtt) =>
      gttCalls.create({ account_scope: gtt.account_scope, instrument: gtt.instrument, legs: legsAgain(gtt) }),
    onSuccess: (made) => tellDone(`It waits again, as GTT ${made.id}`),
    onError: (error) => tellFailed("It could not be made again", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["gtts"] }),
  })
  const { mutate } = useMutation({
    mutationFn: (gtt: Gtt) => gttCalls.remove(gtt.id),
    onSuccess: (_, gtt) =>
      offerUndo(`GTT ${gtt.id} on ${symbolOf(gtt.instrument)} was deleted`, () => again.mutate(gtt)),
    onError: (error) => tellFailed("It still waits", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["gtts"] }),
  })
  return useCallback((gtt: Gtt) => mutate(gtt), [mutate])
}

/** Good-till-triggered orders of the paper accounts: what waits, and what came of the rest. */
export function GttsPage() {
  const { tab = "waiting", make, isNew } = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const { simulated } = useFeedStatus()
  const accounts = useQuery(gttAccountsQuery)
  const waiting = useQuery(gttsQuery(true))
  const history = useQuery({ ...gttsQuery(false), enabled: tab === "history" })
  const [edited, setEdited] = useState<Gtt | null>(null)
  const [account, setAccount] = useState<string | null>(null)
  const remove = useDelete()
  useAccountEvents((event) => {
    if (event === null || event.related_resource_type === "gtt" || event.event_type.startsWith("order"))
      void client.invalidateQueries({ queryKey: ["gtts"] })
  })
  const of = (all: readonly Gtt[] | undefined) =>
    (all ?? []).filter((gtt) => account === null || gtt.account_scope === account)
  const isMaking = isNew === true || make !== undefined
  const close = () => {
    setEdited(null)
    if (isMaking) void navigate({ search: (all) => ({ tab: all.tab }), replace: true })
  }
  const begin = (
    <Button
      leftSection={<Plus size={14} />}
      onClick={() => void navigate({ search: (all) => ({ ...all, isNew: true }) })}
    >
      New GTT
    </Button>
  )
  return (
    <>
      <PageHeader
        title="GTTs"
        chips={<SimulatedBadge shown={simulated} />}
        action={
          <>
            {(accounts.data?.length ?? 0) > 1 && (
              <Select
                aria-label="Account"
                w={150}
                clearable
                placeholder="All accounts"
                data={accounts.data?.map(({ scope }) => scope) ?? []}
                value={account}
                onChange={setAccount}
              />
            )}
            {begin}
          </>
        }
      />
      <Card p={0}>
        <Tabs
          value={tab}
          onChange={(value) =>
            void navigate({ search: { tab: value === "history" ? "history" : undefined }, replace: true })
          }
        >
          <Tabs.List px="md" pt={4}>
            <Tabs.Tab value="waiting">Waiting {waiting.data ? waiting.data.total : ""}</Tabs.Tab>
            <Tabs.Tab value="history">History</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="waiting">
            {waiting.error && !waiting.data ? (
              <ErrorState error={waiting.error} what="Your triggers" retry={() => void waiting.refetch()} />
            ) : !waiting.data ? (
              <Skeleton height={320} m="md" w="auto" />
            ) : of(waiting.data.items).length === 0 ? (
              <NothingWaits action={begin} />
            ) : (
              <WaitingTable gtts={of(waiting.data.items)} onEdit={setEdited} onDelete={remove} />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="history">
            {history.error && !history.data ? (
              <ErrorState error={history.error} what="The history" retry={() => void history.refetch()} />
            ) : !history.data ? (
              <Skeleton height={320} m="md" w="auto" />
            ) : of(history.data.items).length === 0 ? (
              <EmptyState icon={<History size={28} />} title="Nothing has happened yet">
                Triggers that fired, expired or were deleted stand here, with the order each of them made.
              </EmptyState>
            ) : (
              <HistoryTable gtts={of(history.data.items)} />
            )}
          </Tabs.Panel>
        </Tabs>
      </Card>
      {(edited || isMaking) && <GttForm gtt={edited} instrument={make} onClose={close} />}
    </>
  )
}

function NothingWaits({ action }: { action: ReactNode }) {
  return (
    <EmptyState icon={<AlarmClockCheck size={30} />} title="No trigger waits" action={action}>
      A GTT waits for a price for up to a year and then places a limit order: buy a dip, or guard what you
      hold with a stop and a target of which the first ends the other. These are on paper accounts.
    </EmptyState>
  )
}

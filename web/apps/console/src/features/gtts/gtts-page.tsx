import { Button, Card, Select, Skeleton, Tabs } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { AlarmClockCheck, History, Plus } from "lucide-react"
import { type ReactNode, useCallback, useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { symbolOf } from "@/lib/instrument"
import { useAccountEvents } from "@/lib/live"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { offerUndo } from "@/lib/offer-undo"
import { accountWords, portfolioOfRun } from "@/lib/portfolio-account"
import {
  externalGttsQuery,
  type Gtt,
  gttAccountsQuery,
  gttCalls,
  gttsQuery,
  type NewLeg,
} from "@/lib/queries/gtts"
import { ActiveTable } from "./active-table"
import { ExternalTable } from "./external-table"
import { GttForm } from "./form/gtt-form"
import { HistoryTable } from "./history-table"
import { SettleDialog } from "./settle-dialog"

const route = getRouteApi("/frame/gtts")

/** The legs of a GTT, ready to create it again. */
function legsAgain(gtt: Gtt): NewLeg[] {
  return gtt.legs.map(({ trigger, transaction_type, quantity, price, product }) => ({
    trigger,
    transaction_type: transaction_type === "BUY" ? "BUY" : "SELL",
    quantity,
    price,
    product: product === "NRML" ? "NRML" : "CNC",
  }))
}

/** Delete at once, and offer to undo by creating it again. */
function useDelete(): (gtt: Gtt) => void {
  const client = useQueryClient()
  const restoring = useMutation({
    mutationFn: (gtt: Gtt) =>
      gttCalls.create({ account_scope: gtt.account_scope, instrument: gtt.instrument, legs: legsAgain(gtt) }),
    onSuccess: (made) => notifyDone(`Restored as GTT ${made.id}`),
    onError: (error) => notifyFailure("The GTT could not be restored", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["gtts"] }),
  })
  const { mutate } = useMutation({
    mutationFn: (gtt: Gtt) => gttCalls.remove(gtt.id),
    onSuccess: (now, gtt) => {
      // One click is too little for another order with real money.
      if (now.at_broker)
        return notifyDone(
          now.at_broker.asked ? "The broker was asked to delete it" : `GTT ${gtt.id} was deleted`,
        )
      if (portfolioOfRun(gtt.run_id)) return notifyDone(`GTT ${gtt.id} was deleted`)
      offerUndo(`GTT ${gtt.id} on ${symbolOf(gtt.instrument)} was deleted`, () => restoring.mutate(gtt))
    },
    onError: (error) => notifyFailure("The GTT was not deleted", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["gtts"] }),
  })
  return useCallback((gtt: Gtt) => mutate(gtt), [mutate])
}

/** Good-till-triggered orders, on paper and at brokers: active, history, other terminals'. */
export function GttsPage() {
  const { tab = "active", make, isNew } = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const accounts = useQuery(gttAccountsQuery)
  const active = useQuery(gttsQuery(true))
  const history = useQuery({ ...gttsQuery(false), enabled: tab === "history" })
  const external = useQuery(externalGttsQuery)
  const [settled, setSettled] = useState<Gtt | null>(null)
  const [edited, setEdited] = useState<Gtt | null>(null)
  const [account, setAccount] = useState<string | null>(null)
  const remove = useDelete()
  const [portfolios, setPortfolios] = useState<Gtt | null>(null)
  useAccountEvents((event) => {
    if (event === null || event.related_resource_type === "gtt" || event.event_type.startsWith("order"))
      void client.invalidateQueries({ queryKey: ["gtts"] })
  })
  const of = (all: readonly Gtt[] | undefined) =>
    (all ?? []).filter((gtt) => account === null || gtt.account_scope === account)
  const others = (external.data ?? []).filter((one) => account === null || one.account_scope === account)
  const isCreating = isNew === true || make !== undefined
  const close = () => {
    setEdited(null)
    if (isCreating) void navigate({ search: (all) => ({ tab: all.tab }), replace: true })
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
        action={
          <>
            {(accounts.data?.length ?? 0) > 1 && (
              <Select
                aria-label="Account"
                w={150}
                clearable
                placeholder="All accounts"
                data={accounts.data?.map(({ scope }) => ({ value: scope, label: accountWords(scope) })) ?? []}
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
            void navigate({
              search: { tab: value === "history" || value === "external" ? value : undefined },
              replace: true,
            })
          }
        >
          <Tabs.List px="md" pt={4}>
            <Tabs.Tab value="active">Active {active.data ? active.data.total : ""}</Tabs.Tab>
            <Tabs.Tab value="history">History</Tabs.Tab>
            {(others.length > 0 || tab === "external") && (
              <Tabs.Tab value="external">Other terminals {others.length}</Tabs.Tab>
            )}
          </Tabs.List>
          <Tabs.Panel value="active">
            {active.error && !active.data ? (
              <ErrorState error={active.error} what="Your GTTs" retry={() => void active.refetch()} />
            ) : !active.data ? (
              <Skeleton height={320} m="md" w="auto" />
            ) : of(active.data.items).length === 0 ? (
              <NothingWaits action={begin} />
            ) : (
              <ActiveTable
                gtts={of(active.data.items)}
                onEdit={setEdited}
                onDelete={(gtt) => (portfolioOfRun(gtt.run_id) === null ? remove(gtt) : setPortfolios(gtt))}
                onSettle={setSettled}
              />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="history">
            {history.error && !history.data ? (
              <ErrorState error={history.error} what="The history" retry={() => void history.refetch()} />
            ) : !history.data ? (
              <Skeleton height={320} m="md" w="auto" />
            ) : of(history.data.items).length === 0 ? (
              <EmptyState icon={<History size={28} />} title="No history yet">
                GTTs that triggered, expired or were deleted appear here, with the order each placed.
              </EmptyState>
            ) : (
              <HistoryTable gtts={of(history.data.items)} />
            )}
          </Tabs.Panel>
          <Tabs.Panel value="external">
            {others.length === 0 ? (
              <EmptyState icon={<History size={28} />} title="None from other terminals">
                GTTs that you create in a broker's own app appear here. They are shown and never changed.
              </EmptyState>
            ) : (
              <ExternalTable gtts={others} />
            )}
          </Tabs.Panel>
        </Tabs>
      </Card>
      {portfolios && (
        <Confirm
          opened
          title={`Delete the GTT on ${symbolOf(portfolios.instrument)}?`}
          verb="Delete it"
          onConfirm={() => {
            remove(portfolios)
            setPortfolios(null)
          }}
          onClose={() => setPortfolios(null)}
        >
          {wordsOf(portfolios)}
        </Confirm>
      )}
      {settled && <SettleDialog gtt={settled} onClose={() => setSettled(null)} />}
      {(edited || isCreating) && <GttForm gtt={edited} instrument={make} onClose={close} />}
    </>
  )
}

/** What the end of a portfolio's GTT means for it. */
function wordsOf(gtt: Gtt): string {
  const portfolio = `portfolio ${portfolioOfRun(gtt.run_id)}`
  return gtt.legs.every((leg) => leg.transaction_type === "BUY")
    ? `It is the purchase of a signal of ${portfolio}: the signal is cancelled with it, for good.`
    : `It guards a position of ${portfolio}: until the server has placed it again, nothing sells at its stop.`
}

function NothingWaits({ action }: { action: ReactNode }) {
  return (
    <EmptyState icon={<AlarmClockCheck size={30} />} title="No active GTTs" action={action}>
      A GTT stays active for up to a year and places a limit order at its trigger price: buy a dip, or protect
      a holding with a stop and a target, where one cancels the other. On a paper account it rests with this
      server, on one at a broker with the broker.
    </EmptyState>
  )
}

import { Button, Tabs } from "@mantine/core"
import { useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useRouterState } from "@tanstack/react-router"
import { Plus } from "lucide-react"
import { useCallback } from "react"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { useAccountEvents } from "@/lib/live"
import { FundsTab } from "./funds-tab"
import { OrdersTab } from "./orders-tab"
import { PositionsTab } from "./positions-tab"
import { TicketForm, type TicketStart } from "./ticket/ticket-form"

const route = getRouteApi("/frame/trading")

const TABS = [
  { value: "orders", label: "Orders" },
  { value: "positions", label: "Positions" },
  { value: "funds", label: "Funds" },
] as const

/** A number of units that a link gave; the browser keeps it with the page, and not in its address. */
const unitsOf = (given: unknown) =>
  typeof given === "number" && Number.isSafeInteger(given) && given > 0 ? given : undefined

/** Trading by hand: orders, positions and funds of all accounts, and the order ticket. */
export function TradingPage() {
  const { tab = "orders", ticket, side, account, product, isNew } = route.useSearch()
  const quantity = useRouterState({ select: ({ location }) => unitsOf(location.state.ticketUnits) })
  const navigate = route.useNavigate()
  const client = useQueryClient()
  useAccountEvents((event) => {
    if (event === null || /^(order|exit|gtt|basket)/.test(event.event_type))
      void client.invalidateQueries({ queryKey: ["trading"] })
  })
  const open = useCallback(
    ({ instrument, quantity: ticketUnits, ...start }: TicketStart) =>
      void navigate({
        search: (old) => ({ tab: old.tab, ticket: instrument, ...start, isNew: true }),
        state: { ticketUnits },
      }),
    [navigate],
  )
  const begin = (
    <Button leftSection={<Plus size={14} />} onClick={() => open({})}>
      New order
    </Button>
  )
  return (
    <>
      <PageHeader title="Trading" action={begin} />
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate({
            search: { tab: TABS.find(({ value }) => value === next && value !== "orders")?.value },
            replace: true,
          })
        }
      >
        <TabStrip tabs={TABS} value={tab} />
        <Tabs.Panel value="orders">
          <OrdersTab action={begin} isShown={tab === "orders"} />
        </Tabs.Panel>
        <Tabs.Panel value="positions">
          <PositionsTab action={begin} onTicket={open} isShown={tab === "positions"} />
        </Tabs.Panel>
        <Tabs.Panel value="funds">
          <FundsTab />
        </Tabs.Panel>
      </Tabs>
      {(isNew || ticket) && (
        <TicketForm
          key={`${ticket} ${account} ${side}`}
          order={null}
          start={{ instrument: ticket, side, account, quantity, product }}
          onClose={() => void navigate({ search: (old) => ({ tab: old.tab }), replace: true })}
        />
      )}
    </>
  )
}

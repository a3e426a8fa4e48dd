import { ActionIcon, SegmentedControl, Tabs } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { Equal, RefreshCw } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { notifyFailure } from "@/lib/notify"
import { brokersQuery } from "@/lib/queries/brokers"
import { renewals } from "@/lib/queries/portfolio"
import { FundsTab } from "./funds-tab"
import { HoldingsTab } from "./holdings-tab"
import { OrdersTab } from "./orders-tab"
import { PositionsTab } from "./positions-tab"

const route = getRouteApi("/frame/wealth")

const TABS = [
  { value: "holdings", label: "Holdings", Body: HoldingsTab },
  { value: "positions", label: "Positions", Body: PositionsTab },
  { value: "orders", label: "Orders", Body: OrdersTab },
  { value: "funds", label: "Funds", Body: FundsTab },
] as const

const ENVIRONMENTS = [
  { value: "live", label: "Real accounts" },
  { value: "sandbox", label: "Sandbox" },
]

/** What is in the person's accounts at brokers. */
export function WealthPage() {
  const { tab = "holdings", broker, sandbox } = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const { data: brokers } = useQuery(brokersQuery)
  const connected = brokers?.filter(({ session }) => session.connected) ?? []
  const environments = new Set(connected.map(({ environment }) => environment))
  const isSandbox =
    environments.size === 1 ? environments.has("sandbox") : (sandbox ?? !environments.has("live"))
  const environment = isSandbox ? "sandbox" : "live"
  const renewing = useMutation({
    mutationFn: async () => {
      await renewals[tab](client)
    },
    onError: (error) => notifyFailure("Your brokers were not read", error),
  })
  const choose = (name: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, broker: name }), replace: true, resetScroll: false })
  const refresh = (
    <ActionIcon
      aria-label="Refresh"
      variant="default"
      size={30}
      loading={renewing.isPending}
      onClick={() => renewing.mutate()}
    >
      <RefreshCw size={15} />
    </ActionIcon>
  )
  return (
    <>
      <PageHeader
        title="Wealth"
        chips={connected.length > 0 && <EnvironmentChip environment={environment} />}
        action={
          connected.length > 0 && (
            <>
              {environments.size > 1 && (
                <SegmentedControl
                  data={ENVIRONMENTS}
                  value={environment}
                  aria-label="Accounts"
                  onChange={(one) => navigate({ search: { tab, sandbox: one === "sandbox" }, replace: true })}
                />
              )}
              <LinkButton to="/wealth/reconciliation" variant="default" leftSection={<Equal size={14} />}>
                Reconciliation
              </LinkButton>
              {refresh}
            </>
          )
        }
      />
      <Tabs
        value={tab}
        onChange={(next) =>
          navigate({
            search: (old) => ({
              ...old,
              tab: TABS.find(({ value }) => value === next && value !== "holdings")?.value,
            }),
          })
        }
      >
        <TabStrip tabs={TABS} value={tab} />
        {TABS.map(({ value, Body }) => (
          <Tabs.Panel key={value} value={value}>
            <Body broker={broker} onBroker={choose} environment={environment} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  )
}

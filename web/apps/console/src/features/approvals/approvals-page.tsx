import { Badge, Skeleton, Tabs } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { instant } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { useMemo } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { TabStrip } from "@/components/page/tab-strip"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import {
  modelSignalsQuery,
  overviewOfModelsQuery,
  portfoliosQuery,
  type SignalStatus,
} from "@/lib/queries/models"
import { SignalTable } from "./list/signal-table"
import { Queue } from "./queue"

const route = getRouteApi("/frame/approvals")

const STATUSES: Record<"pending" | "placed" | "history", SignalStatus[]> = {
  pending: ["pending_approval"],
  placed: ["approved"],
  history: ["executed", "rejected", "expired", "cancelled", "failed"],
}

/** What the portfolios propose to buy: a decision on each, by mouse, thumb or keyboard. */
export function ApprovalsPage() {
  const { tab = "pending", portfolio } = route.useSearch()
  const navigate = route.useNavigate()
  const overview = useQuery(overviewOfModelsQuery)
  const portfolios = useQuery(portfoliosQuery(true))
  const { data, error, refetch } = useQuery(modelSignalsQuery(STATUSES[tab], portfolio))
  const names = useMemo(() => new Map((portfolios.data ?? []).map((one) => [one.id, one])), [portfolios.data])
  const waiting = overview.data?.waiting
  const scaled = data?.items.filter((one) => names.get(one.portfolio_id)?.scaled).length ?? 0
  useScaled(scaled > 0)
  return (
    <>
      <PageHeader
        title="Approvals"
        chips={portfolio && names.get(portfolio) && <Badge color="gray">{names.get(portfolio)?.name}</Badge>}
        note={overview.data && `Next scan ${instant(overview.data.next_scan)}`}
        action={
          <>
            {portfolio !== undefined && (
              <LinkButton to="/approvals" variant="default">
                All portfolios
              </LinkButton>
            )}
            <LinkButton to="/cart" variant={waiting?.in_cart ? "filled" : "default"}>
              Cart{waiting ? ` (${waiting.in_cart})` : ""}
            </LinkButton>
          </>
        }
      />
      <Tabs
        value={tab}
        onChange={(value) =>
          void navigate({
            search: (all) => ({
              ...all,
              signal: undefined,
              tab: value === "placed" || value === "history" ? value : undefined,
            }),
            replace: true,
          })
        }
      >
        <TabStrip
          value={tab}
          tabs={[
            { value: "pending", label: `Waiting${waiting ? ` (${waiting.pending})` : ""}` },
            { value: "placed", label: `At the market${waiting ? ` (${waiting.placed})` : ""}` },
            { value: "history", label: "History" },
          ]}
        />
      </Tabs>
      <ScaledTrading
        mb="md"
        shown={scaled > 0}
        some={scaled < (data?.items.length ?? 0) && "other portfolios"}
      />
      {error && !data && <ErrorState error={error} what="The signals" retry={() => void refetch()} />}
      {!error && !data && <Skeleton height={420} />}
      {data && tab === "pending" && <Queue signals={data.items} total={data.total} portfolios={names} />}
      {data && tab !== "pending" && (
        <SignalTable signals={data.items} total={data.total} portfolios={names} isOver={tab === "history"} />
      )}
    </>
  )
}

import { Checkbox, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { instant } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { BriefcaseBusiness } from "lucide-react"
import { useMemo } from "react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import { DataTable } from "@/components/table/data-table"
import { overviewOfModelsQuery, portfoliosQuery } from "@/lib/queries/models"
import { Compare } from "./list/compare"
import { portfolioColumns } from "./list/portfolio-columns"
import { toggled } from "./list/selection"

const route = getRouteApi("/frame/portfolios")

/** All model portfolios, and their curves side by side. */
export function PortfoliosPage() {
  const { retired = false, compare = "" } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, isPending, refetch } = useQuery(portfoliosQuery(retired))
  const overview = useQuery(overviewOfModelsQuery)
  const scaled = data?.filter((one) => one.scaled).length ?? 0
  useScaled(scaled > 0)
  const chosen = useMemo(() => compare.split(",").map(Number).filter(Boolean), [compare])
  const columns = useMemo(() => {
    const onToggle = (id: number) =>
      void navigate({
        search: (all) => ({ ...all, compare: toggled(chosen, id).join(",") || undefined }),
        replace: true,
        resetScroll: false,
      })
    return portfolioColumns(chosen, onToggle)
  }, [chosen, navigate])
  return (
    <>
      <PageHeader
        title="Portfolios"
        note={overview.data && `Next scan ${instant(overview.data.next_scan)}`}
        action={
          <>
            <Checkbox
              label="Retired too"
              checked={retired}
              onChange={(event) =>
                void navigate({
                  search: (all) => ({ ...all, retired: event.currentTarget.checked || undefined }),
                  replace: true,
                })
              }
            />
            <LinkButton to="/strategies">Deploy a strategy</LinkButton>
          </>
        }
      />
      {isPending && <Skeleton height={320} />}
      {error && !data && <ErrorState error={error} what="Your portfolios" retry={() => void refetch()} />}
      {data?.length === 0 && <NoPortfolio />}
      {data && data.length > 0 && (
        <Stack gap="md">
          <ScaledTrading shown={scaled > 0} some={scaled < data.length && "other portfolios"} />
          <Section title="Your portfolios" note="Choose two or more to compare their curves." flush>
            <DataTable
              label="Your portfolios"
              rows={data}
              columns={columns}
              rowKey={(row) => String(row.id)}
              minWidth={980}
              rowHeight={50}
            />
          </Section>
          {chosen.length > 1 && <Compare portfolios={data.filter(({ id }) => chosen.includes(id))} />}
        </Stack>
      )}
    </>
  )
}

function NoPortfolio() {
  return (
    <Section title="Your portfolios">
      <EmptyState
        icon={<BriefcaseBusiness size={28} />}
        title="No portfolio yet"
        action={<LinkButton to="/strategies">Choose a strategy</LinkButton>}
      >
        A model portfolio puts a strategy to work with money of its own, on paper. After each trading day it
        proposes purchases for your approval, and sells what its rules, stops and targets say. Open a strategy
        or a backtest and choose Paper-trade.
      </EmptyState>
    </Section>
  )
}

import { SegmentedControl, Select, Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { Briefcase } from "lucide-react"
import { useMemo } from "react"
import { closedColumns, positionColumns } from "@/components/models/position-columns"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import { DataTable } from "@/components/table/data-table"
import { modelPositionsQuery, portfoliosQuery } from "@/lib/queries/models"

const route = getRouteApi("/frame/positions")

const SHOWN = [
  { value: "open", label: "Open" },
  { value: "closed", label: "Closed" },
]

/** The positions of all model portfolios, or of one. */
export function PositionsPage() {
  const { show, portfolio } = route.useSearch()
  const navigate = route.useNavigate()
  const status = show ?? "open"
  const portfolios = useQuery(portfoliosQuery(true))
  const { data, error, refetch } = useQuery(modelPositionsQuery(status, portfolio))
  const scaled = data?.items.filter((one) => one.scaled).length ?? 0
  useScaled(scaled > 0)
  const columns = useMemo(() => {
    const names = new Map((portfolios.data ?? []).map(({ id, name }) => [id, name]))
    return status === "open" ? positionColumns(names) : closedColumns(names)
  }, [portfolios.data, status])
  return (
    <>
      <PageHeader
        title="Positions"
        note="Of your model portfolios, at the last close. Choose one for its story."
        action={
          <>
            <Select
              aria-label="Portfolio"
              clearable
              placeholder="All portfolios"
              w={200}
              data={(portfolios.data ?? []).map(({ id, name }) => ({ value: String(id), label: name }))}
              value={portfolio === undefined ? null : String(portfolio)}
              onChange={(value) =>
                void navigate({
                  search: (all) => ({ ...all, portfolio: value ? Number(value) : undefined }),
                  replace: true,
                })
              }
            />
            <SegmentedControl
              aria-label="Shown"
              data={SHOWN}
              value={status}
              onChange={(value) =>
                void navigate({
                  search: (all) => ({ ...all, show: value === "closed" ? "closed" : undefined }),
                  replace: true,
                })
              }
            />
          </>
        }
      />
      {error && !data && <ErrorState error={error} what="The positions" retry={() => void refetch()} />}
      {!error && !data && <Skeleton height={360} />}
      <ScaledTrading
        mb="md"
        shown={scaled > 0}
        some={scaled < (data?.items.length ?? 0) && "other portfolios"}
      />
      {data && (
        <Section
          title={status === "open" ? "Open positions" : "Closed positions"}
          note={
            data.total > data.items.length ? `The newest ${data.items.length} of ${data.total}` : undefined
          }
          flush
        >
          {data.items.length === 0 ? (
            <EmptyState
              icon={<Briefcase size={28} />}
              title={status === "open" ? "No open position" : "No closed position"}
              action={
                <LinkButton to="/approvals" variant="default">
                  Approvals
                </LinkButton>
              }
            >
              A signal that is approved, placed and bought is a position, until its stop, its target, a rule
              or you sell it.
            </EmptyState>
          ) : (
            <DataTable
              key={status}
              label={status === "open" ? "Open positions" : "Closed positions"}
              rows={data.items}
              columns={columns}
              rowKey={(row) => String(row.id)}
              minWidth={1200}
              maxHeight={680}
            />
          )}
        </Section>
      )}
    </>
  )
}

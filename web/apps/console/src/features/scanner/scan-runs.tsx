import { Skeleton } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { date, duration, instant, number, words } from "@tradertape/ui/format.ts"
import { CalendarClock } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { type ScanRun, scanRunsQuery } from "@/lib/queries/models"

const COLUMNS: Column<ScanRun>[] = [
  { id: "at", header: "Ran", isText: true, value: (row) => row.at, cell: (row) => instant(row.at) },
  {
    id: "trigger",
    header: "Started by",
    isText: true,
    value: (row) => row.trigger,
    cell: (row) => (row.trigger === "schedule" ? "Schedule" : "You"),
  },
  { id: "to", header: "Scanned to", value: (row) => row.as_of, cell: (row) => date(row.as_of) },
  {
    id: "portfolios",
    header: "Portfolios",
    value: (row) => row.portfolios,
    cell: (row) => number(row.portfolios),
  },
  { id: "created", header: "Signals", value: (row) => row.created, cell: (row) => number(row.created) },
  { id: "exits", header: "Exits", value: (row) => row.exits, cell: (row) => number(row.exits) },
  { id: "took", header: "Took", value: (row) => row.took_ms, cell: (row) => duration(row.took_ms) },
  {
    id: "result",
    header: "Result",
    isText: true,
    value: (row) => row.error,
    cell: (row) => (row.error ? <span className="tt-loss">{words(row.error)}</span> : "Done"),
  },
]

/** The scans that ran, by schedule and by hand. */
export function ScanRuns() {
  const { data, error, isPending, refetch } = useQuery(scanRunsQuery)
  if (isPending) return <Skeleton height={220} />
  if (error) return <ErrorState error={error} what="The scans" retry={() => void refetch()} />
  return (
    <Section title="Scans" note="The last 50, by schedule and by hand" flush>
      {data.length === 0 ? (
        <EmptyState icon={<CalendarClock size={28} />} title="No scan yet">
          Scans run after each trading day; a day that was missed is made up for.
        </EmptyState>
      ) : (
        <DataTable
          label="Scans"
          rows={data}
          columns={COLUMNS}
          rowKey={(row) => String(row.id)}
          minWidth={820}
          maxHeight={360}
        />
      )}
    </Section>
  )
}

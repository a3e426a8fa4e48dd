import { Briefcase } from "lucide-react"
import { positionColumns } from "@/components/models/position-columns"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { DataTable } from "@/components/table/data-table"
import type { Dashboard } from "@/lib/queries/models"

const COLUMNS = positionColumns()

/** What is held, with its stop and target. */
export function OpenPositions({ page }: { page: Dashboard }) {
  return (
    <Section title="Positions" note="At the last close; choose one for its story" flush>
      {page.positions.length === 0 ? (
        <EmptyState icon={<Briefcase size={28} />} title="No open position">
          {page.portfolio.traded_until
            ? "Signals that you approve and place become positions here."
            : "After the first scan there are signals to approve."}
        </EmptyState>
      ) : (
        <DataTable
          label="Positions"
          rows={page.positions}
          columns={COLUMNS}
          rowKey={(row) => String(row.id)}
          minWidth={1080}
        />
      )}
    </Section>
  )
}

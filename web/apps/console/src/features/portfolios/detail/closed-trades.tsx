import { Anchor } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { History } from "lucide-react"
import { closedColumns } from "@/components/models/position-columns"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { DataTable } from "@/components/table/data-table"
import type { Dashboard } from "@/lib/queries/models"

const COLUMNS = closedColumns()

/** The last closed positions. */
export function ClosedTrades({ page }: { page: Dashboard }) {
  const { items, total } = page.closed_trades
  return (
    <Section
      title="Closed trades"
      note={total > items.length ? `The last ${items.length} of ${total}` : undefined}
      flush
      action={
        total > items.length && (
          <Anchor
            size="sm"
            renderRoot={(props) => (
              <Link to="/positions" search={{ show: "closed", portfolio: page.portfolio.id }} {...props} />
            )}
          >
            All {total}
          </Anchor>
        )
      }
    >
      {total === 0 ? (
        <EmptyState icon={<History size={28} />} title="No closed trade yet">
          A position that is sold appears here, with what it brought after charges and why it was sold.
        </EmptyState>
      ) : (
        <DataTable
          label="Closed trades"
          rows={items}
          columns={COLUMNS}
          rowKey={(row) => String(row.id)}
          minWidth={900}
          maxHeight={420}
        />
      )}
    </Section>
  )
}

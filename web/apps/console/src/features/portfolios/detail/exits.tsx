import { Delta } from "@tradertape/ui/components/delta.tsx"
import { number } from "@tradertape/ui/format.ts"
import { DoorOpen } from "lucide-react"
import { exitText } from "@/components/models/words"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import type { Dashboard } from "@/lib/queries/models"
import { ShareBar } from "./share-bar"

type Exit = Dashboard["exit_breakdown"][number]

function columns(most: number): Column<Exit>[] {
  return [
    {
      id: "reason",
      header: "Why",
      isText: true,
      value: (row) => row.reason,
      cell: (row) => exitText(row.reason),
    },
    {
      id: "count",
      header: "Trades",
      value: (row) => row.count,
      cell: (row) => <ShareBar share={row.count / most}>{number(row.count)}</ShareBar>,
    },
    {
      id: "pnl",
      header: "Net P&L (₹)",
      value: (row) => row.pnl,
      cell: (row) => <Delta kind="money" value={row.pnl} />,
    },
  ]
}

/** Closed positions by why they were sold. */
export function Exits({ page }: { page: Dashboard }) {
  const exits = page.exit_breakdown
  const most = Math.max(1, ...exits.map(({ count }) => count))
  return (
    <Section title="Exits" note="Closed positions by why they were sold" flush>
      {exits.length === 0 ? (
        <EmptyState icon={<DoorOpen size={28} />} title="Nothing was sold yet">
          Stops, targets, exit rules and your own sales are counted here.
        </EmptyState>
      ) : (
        <PlainTable label="Exits" rows={exits} columns={columns(most)} rowKey={(row) => row.reason} />
      )}
    </Section>
  )
}

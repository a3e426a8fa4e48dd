import { Alert } from "@mantine/core"
import { count, discreet, words } from "@tradertape/ui/format.ts"
import { reasonText } from "@/components/models/words"
import { Section } from "@/components/page/section"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import type { Placed } from "@/lib/queries/models"

type Result = Placed["results"][number]

const COLUMNS: Column<Result>[] = [
  {
    id: "symbol",
    header: "Stock",
    isText: true,
    value: (row) => row.symbol,
    cell: (row) => <b>{row.symbol}</b>,
  },
  {
    id: "outcome",
    header: "Outcome",
    isText: true,
    value: (row) => row.outcome,
    cell: (row) => (
      <span className={row.outcome === "placed" ? "tt-gain" : "tt-loss"}>
        {words(row.outcome)}
        {row.gtt_status ? `, ${words(row.gtt_status).toLowerCase()}` : ""}
      </span>
    ),
  },
  {
    id: "detail",
    header: "Why",
    isText: true,
    value: (row) => row.detail,
    cell: (row) => (row.detail ? discreet(reasonText(row.detail)) : "–"),
  },
]

/** What became of each signal of the cart, or would become of it. */
export function PlacedResults({ placed }: { placed: Placed }) {
  const text = [
    count(placed.placed, "order"),
    placed.dry_run ? "would be placed" : "placed",
    placed.failed ? `, ${placed.failed} failed` : "",
    placed.skipped ? `, ${placed.skipped} left out` : "",
  ]
    .join(" ")
    .replaceAll(" ,", ",")
    .trim()
  const isClean = placed.failed + placed.skipped === 0
  return (
    <Section title={placed.dry_run ? "Check of the cart" : "What became of the cart"} flush>
      <Alert mx="md" mb="sm" variant="light" color={isClean ? "iris" : "yellow"} role="status">
        {text}.{placed.dry_run && " Nothing was placed by this check."}
      </Alert>
      <PlainTable
        label="Results"
        rows={placed.results}
        columns={COLUMNS}
        rowKey={(row) => String(row.signal_id)}
        minWidth={520}
      />
    </Section>
  )
}

import { Badge } from "@mantine/core"
import { moment, price, words } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { symbolOf } from "@/lib/instrument"
import type { ExternalGtt } from "@/lib/queries/gtts"
import { LegWords, ROW_PX } from "./active-table"

const COLUMNS: Column<ExternalGtt>[] = [
  {
    id: "instrument",
    header: "Instrument",
    isText: true,
    value: (gtt) => symbolOf(gtt.instrument),
    cell: (gtt) => symbolOf(gtt.instrument),
  },
  {
    id: "status",
    header: "Status",
    isText: true,
    value: (gtt) => gtt.status,
    cell: (gtt) => <Badge color="gray">{words(gtt.status)}</Badge>,
  },
  {
    id: "trigger",
    header: "Trigger",
    value: (gtt) => gtt.legs[0]?.trigger ?? null,
    cell: (gtt) => gtt.legs.map((leg) => price(leg.trigger)).join(" / "),
  },
  {
    id: "places",
    header: "Order",
    isText: true,
    isSortable: false,
    value: () => null,
    cell: (gtt) => gtt.legs.map((leg) => <LegWords key={leg.trigger} leg={leg} />),
  },
  {
    id: "account",
    header: "Account",
    isText: true,
    value: (gtt) => gtt.account_scope,
    cell: (gtt) => gtt.account_scope,
  },
  {
    id: "broker",
    header: "Broker's id",
    isText: true,
    value: (gtt) => gtt.broker_trigger_id,
    cell: (gtt) => gtt.broker_trigger_id,
  },
  {
    id: "at",
    header: "Created (IST)",
    value: (gtt) => gtt.created_at,
    cell: (gtt) => moment(gtt.created_at),
  },
]

const NEWEST_FIRST = [{ id: "at", desc: true }]

/** GTTs at brokers that other terminals created: shown, never changed here. */
export function ExternalTable({ gtts }: { gtts: ExternalGtt[] }) {
  return (
    <DataTable
      label="GTTs of other terminals"
      rows={gtts}
      columns={COLUMNS}
      rowKey={(gtt) => `${gtt.account_scope} ${gtt.broker_trigger_id}`}
      sortedBy={NEWEST_FIRST}
      maxHeight={640}
      rowHeight={ROW_PX}
      minWidth={920}
    />
  )
}

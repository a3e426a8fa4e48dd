import { Badge, Text } from "@mantine/core"
import { discreet, moment, price, quantity, words } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { symbolOf } from "@/lib/instrument"
import type { Gtt } from "@/lib/queries/gtts"
import { InstrumentCell, LegWords, ROW_PX } from "./active-table"
import classes from "./gtts.module.css"
import { RestsAt } from "./rests-at"

const COLOURS: Record<string, string> = { triggered: "green", rejected: "red" }

/** The outcome of a GTT: its order and fills, or why there is none. */
function Outcome({ gtt }: { gtt: Gtt }) {
  const result = gtt.legs.find((leg) => leg.result)?.result
  if (!result && gtt.status === "triggered")
    return <span className="tt-muted">Its order is being looked for</span>
  if (!result)
    return (
      <span className={gtt.at_broker?.problem ? classes.reason : "tt-muted"}>
        {gtt.at_broker?.problem ?? "No order placed"}
      </span>
    )
  if (result.reason)
    return (
      <span className={classes.reason} title={discreet(result.reason)}>
        {discreet(result.reason)}
      </span>
    )
  const filled =
    result.filled_quantity > 0
      ? `, ${quantity(result.filled_quantity)} at ${price(result.average_price)}`
      : ""
  return (
    <>
      {words(result.status)}
      {filled}
      <Text size="xs" c="dimmed">
        Order {result.order_id}
      </Text>
    </>
  )
}

const COLUMNS: Column<Gtt>[] = [
  {
    id: "instrument",
    header: "Instrument",
    isText: true,
    value: (gtt) => symbolOf(gtt.instrument),
    cell: (gtt) => <InstrumentCell gtt={gtt} />,
  },
  {
    id: "status",
    header: "Status",
    isText: true,
    value: (gtt) => gtt.status,
    cell: (gtt) => <Badge color={COLOURS[gtt.status] ?? "gray"}>{words(gtt.status)}</Badge>,
  },
  {
    id: "trigger",
    header: "Trigger",
    value: (gtt) => gtt.legs[0]?.trigger ?? null,
    cell: (gtt) =>
      over(gtt)
        .map((leg) => price(leg.trigger))
        .join(" / "),
  },
  {
    id: "places",
    header: "Order",
    isText: true,
    isSortable: false,
    value: () => null,
    cell: (gtt) => over(gtt).map((leg) => <LegWords key={leg.trigger} leg={leg} />),
  },
  {
    id: "outcome",
    header: "Outcome",
    isText: true,
    isSortable: false,
    value: () => null,
    cell: (gtt) => <Outcome gtt={gtt} />,
  },
  {
    id: "account",
    header: "Rested at",
    isText: true,
    value: (gtt) => gtt.account_scope,
    cell: (gtt) => <RestsAt gtt={gtt} />,
  },
  { id: "at", header: "Ended (IST)", value: (gtt) => gtt.updated_at, cell: (gtt) => moment(gtt.updated_at) },
]

const NEWEST_FIRST = [{ id: "at", desc: true }]

/** The leg that triggered; all legs if none did. */
function over({ legs }: Gtt): Gtt["legs"] {
  const fired = legs.filter((leg) => leg.result)
  return fired.length > 0 ? fired : legs
}

/** GTTs that are no longer active. */
export function HistoryTable({ gtts }: { gtts: Gtt[] }) {
  return (
    <DataTable
      label="GTT history"
      rows={gtts}
      columns={COLUMNS}
      rowKey={(gtt) => String(gtt.id)}
      sortedBy={NEWEST_FIRST}
      maxHeight={640}
      rowHeight={ROW_PX}
      minWidth={920}
    />
  )
}

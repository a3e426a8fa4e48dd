import { ActionIcon, Badge, Group } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { Link } from "@tanstack/react-router"
import { date, price, quantity } from "@tradertape/ui/format.ts"
import { Pencil, Trash2 } from "lucide-react"
import { type ReactNode, useMemo } from "react"
import { Flash } from "@/components/states/flash"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { symbolOf } from "@/lib/instrument"
import { portfolioOfRun } from "@/lib/portfolio-account"
import type { Gtt, GttLeg } from "@/lib/queries/gtts"
import { useTickPart } from "@/lib/tick-parts"
import { DistanceBar } from "./distance-bar"
import classes from "./gtts.module.css"
import { RestsAt, stateOf } from "./rests-at"
import { useDistances } from "./use-distances"

/** In pixels: two legs, or a bar with its end labels. */
export const ROW_PX = 54
/** The instrument above its legs. */
const PHONE_ROW_PX = 63

interface Props {
  gtts: Gtt[]
  onEdit: (gtt: Gtt) => void
  onDelete: (gtt: Gtt) => void
  onSettle: (gtt: Gtt) => void
}

/** "Sell 10 at 1,380.00": the order a leg places when triggered. */
export function LegWords({ leg }: { leg: GttLeg }) {
  const isBuy = leg.transaction_type === "BUY"
  return (
    <span className={classes.leg}>
      <span className={isBuy ? "tt-gain" : "tt-loss"}>{isBuy ? "Buy" : "Sell"}</span> {quantity(leg.quantity)}{" "}
      at {price(leg.price)}
    </span>
  )
}

export function InstrumentCell({ gtt, children }: { gtt: Gtt; children?: ReactNode }) {
  return (
    <div className={classes.row}>
      <Link to="/market/$id" params={{ id: gtt.instrument }} className={classes.who}>
        {symbolOf(gtt.instrument)}
        <span>{gtt.instrument.split(":")[0]}</span>
      </Link>
      {children}
    </div>
  )
}

const placesOf = (gtt: Gtt) => gtt.legs.map((leg) => <LegWords key={leg.trigger} leg={leg} />)

function phoneLines(gtt: Gtt): ReactNode {
  const state = stateOf(gtt)
  return (
    <>
      {placesOf(gtt)}
      {state && <Badge color={state.color}>{state.word}</Badge>}
    </>
  )
}

function Last({ id }: { id: string }) {
  const last = useTickPart(id, (tick) => tick.ltp)
  return <Flash value={last}>{price(last)}</Flash>
}

interface Actions extends Omit<Props, "gtts"> {
  distances: ReadonlyMap<number, number>
}

function columnsOf({ onEdit, onDelete, onSettle, distances }: Actions): Column<Gtt>[] {
  return [
    {
      id: "instrument",
      header: "Instrument",
      isText: true,
      value: (gtt) => symbolOf(gtt.instrument),
      cell: (gtt) => <InstrumentCell gtt={gtt} />,
    },
    {
      id: "type",
      header: "Type",
      isText: true,
      value: (gtt) => gtt.type,
      cell: (gtt) => <Badge color="gray">{gtt.type === "single" ? "Single" : "Stop and target"}</Badge>,
    },
    {
      id: "places",
      header: "Order",
      isText: true,
      isSortable: false,
      value: () => null,
      cell: placesOf,
    },
    {
      id: "last",
      header: "Last",
      isSortable: false,
      value: () => null,
      cell: (gtt) => <Last id={gtt.instrument} />,
    },
    {
      id: "distance",
      header: "To trigger",
      isText: true,
      value: (gtt) => distances.get(gtt.id) ?? null,
      cell: (gtt) => <DistanceBar gtt={gtt} />,
    },
    {
      id: "account",
      header: "Rests at",
      isText: true,
      value: (gtt) => gtt.account_scope,
      cell: (gtt) => <RestsAt gtt={gtt} onSettle={onSettle} />,
    },
    { id: "expires", header: "Expires", value: (gtt) => gtt.expires_at, cell: (gtt) => date(gtt.expires_at) },
    {
      id: "more",
      isPinned: true,
      header: <span className={classes.hidden}>Change or delete</span>,
      isSortable: false,
      value: () => null,
      cell: (gtt) => (
        <Group gap={2} wrap="nowrap" justify="flex-end">
          {portfolioOfRun(gtt.run_id) === null && (
            <ActionIcon
              aria-label={`Change the GTT on ${symbolOf(gtt.instrument)}`}
              onClick={() => onEdit(gtt)}
            >
              <Pencil size={15} />
            </ActionIcon>
          )}
          <ActionIcon
            aria-label={`Delete the GTT on ${symbolOf(gtt.instrument)}`}
            onClick={() => onDelete(gtt)}
          >
            <Trash2 size={15} />
          </ActionIcon>
        </Group>
      ),
    },
  ]
}

/** Phones: instrument with order, distance and actions. */
function forPhones(columns: Column<Gtt>[]): Column<Gtt>[] {
  return columns.flatMap((column) => {
    if (column.id === "instrument")
      return [{ ...column, cell: (gtt: Gtt) => <InstrumentCell gtt={gtt}>{phoneLines(gtt)}</InstrumentCell> }]
    return ["distance", "more"].includes(column.id) ? [column] : []
  })
}

const NEAREST_FIRST = [{ id: "distance", desc: false }]

/** Active GTTs with their distance to the trigger, the nearest first. */
export function ActiveTable({ gtts, onEdit, onDelete, onSettle }: Props) {
  const isPhone = useMediaQuery("(max-width: 699px)", false)
  const distances = useDistances(gtts)
  const columns = useMemo(() => {
    const all = columnsOf({ onEdit, onDelete, onSettle, distances })
    return isPhone ? forPhones(all) : all
  }, [onEdit, onDelete, onSettle, distances, isPhone])
  return (
    <DataTable
      label="Active GTTs"
      rows={gtts}
      columns={columns}
      sortedBy={NEAREST_FIRST}
      rowKey={(gtt) => String(gtt.id)}
      maxHeight={640}
      rowHeight={isPhone ? PHONE_ROW_PX : ROW_PX}
      minWidth={isPhone ? undefined : 980}
    />
  )
}

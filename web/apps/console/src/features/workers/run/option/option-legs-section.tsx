import { Badge, Skeleton } from "@mantine/core"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { date, discreet, number, price as priceText, quantity } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { Flash } from "@/components/states/flash"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { useTick } from "@/lib/live"
import type { OptionLegState, OptionState } from "@/lib/queries/option-runs"
import { orderState } from "../../words"
import classes from "../run.module.css"

/** The mark price, taken from ticks between two responses of the server. */
function Mark({ leg }: { leg: OptionLegState }) {
  const tick = useTick(`${leg.exchange}:${leg.tradingsymbol}`, "ltp")
  const price = tick?.ltp ?? leg.ltp
  return <Flash value={price}>{priceText(price)}</Flash>
}

const greek = (id: "delta" | "theta" | "vega", header: string): Column<OptionLegState> => ({
  id,
  header,
  value: (leg) => leg.greeks?.[id] ?? null,
  cell: (leg) => number(leg.greeks?.[id], 2),
})

const COLORS: Record<string, string> = { COMPLETE: "green", REJECTED: "red", CANCELLED: "gray" }

function EntryOrder({ leg, isDryRun }: { leg: OptionLegState; isDryRun: boolean }) {
  if (leg.order_status === null) return <span className="tt-muted">not placed</span>
  const isRecorded = isDryRun && leg.order_status === "COMPLETE"
  const filled = leg.filled_quantity < leg.quantity ? `${quantity(leg.filled_quantity)} filled` : ""
  return (
    <>
      <Badge color={isRecorded ? "gray" : (COLORS[leg.order_status] ?? "iris")}>
        {orderState(leg.order_status, isRecorded)}
      </Badge>{" "}
      {!isRecorded && (discreet(leg.detail) ?? filled)}
    </>
  )
}

const legColumns = (isDryRun: boolean): Column<OptionLegState>[] => [
  {
    id: "leg",
    header: "Leg",
    isText: true,
    value: (leg) => leg.leg_id,
    cell: (leg) => (
      <span title={`${leg.exchange}:${leg.tradingsymbol}`}>
        <span className={classes.side} data-side={leg.transaction_type}>
          {leg.transaction_type}
        </span>{" "}
        {leg.strike === null ? leg.tradingsymbol : `${number(leg.strike)} ${leg.option_type}`}
      </span>
    ),
  },
  {
    id: "held",
    header: "Held",
    value: (leg) => leg.net_quantity,
    cell: (leg) =>
      leg.net_quantity === 0 ? <span className="tt-muted">none</span> : quantity(leg.net_quantity),
  },
  { id: "mark", header: "Mark (₹)", value: (leg) => leg.ltp, cell: (leg) => <Mark leg={leg} /> },
  {
    id: "unrealised",
    header: "Unrealised",
    value: (leg) => leg.unrealized_pnl,
    cell: (leg) => (
      <Delta kind="money" decimals={2} value={leg.net_quantity === 0 ? null : leg.unrealized_pnl} />
    ),
  },
  {
    id: "entry",
    header: "Entry (₹)",
    value: (leg) => leg.entry_price,
    cell: (leg) => priceText(leg.entry_price),
  },
  {
    id: "lots",
    header: "Lots",
    value: (leg) => leg.lots,
    cell: (leg) => (
      <>
        {quantity(leg.lots)} <span className="tt-muted">× {number(leg.lot_size)}</span>
      </>
    ),
  },
  {
    id: "expiry",
    header: "Expiry",
    isText: true,
    value: (leg) => leg.expiry_key,
    cell: (leg) => date(leg.expiry_key),
  },
  {
    id: "realised",
    header: "Realised",
    value: (leg) => leg.realized_pnl,
    cell: (leg) => <Delta kind="money" decimals={2} value={leg.realized_pnl} />,
  },
  {
    id: "iv",
    header: "IV (%)",
    value: (leg) => leg.greeks?.iv ?? null,
    cell: (leg) => number(leg.greeks?.iv, 1),
  },
  greek("delta", "Delta"),
  greek("theta", "Theta"),
  greek("vega", "Vega"),
  {
    id: "order",
    header: "Entry order",
    isText: true,
    value: (leg) => leg.order_status,
    cell: (leg) => <EntryOrder leg={leg} isDryRun={isDryRun} />,
  },
]

/** The requested legs, the state of their entry orders and their current values. */
export function OptionLegsSection({ state }: { state: OptionState | undefined }) {
  return (
    <Section
      title="Option legs"
      note={
        state
          ? `${state.underlying}, expiry ${date(state.expiry)}, ${state.product}. Marks update with every tick; Greeks are per unit.`
          : undefined
      }
      flush
    >
      {state ? (
        <PlainTable
          isLive
          label="Option legs"
          rows={state.legs}
          columns={legColumns(state.option_status === "dry_run")}
          rowKey={(leg) => leg.leg_id}
          minWidth={1_120}
        />
      ) : (
        <Skeleton height={160} m="md" />
      )}
    </Section>
  )
}

import { Badge, Text } from "@mantine/core"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { money, number } from "@tradertape/ui/format.ts"
import type { Column } from "@/components/column"
import { Flash } from "@/components/flash"
import { PlainTable } from "@/components/plain-table"
import { Section } from "@/components/section"
import { useTick } from "@/lib/live"
import type { RunLeg, RunLive } from "@/lib/queries/workers"

const profit = (id: "net" | "realised" | "unrealised", header: string): Column<RunLeg> => ({
  id,
  header,
  value: (leg) => leg[id],
  cell: (leg) => <Delta kind="money" decimals={2} value={leg[id]} />,
})

/** The price between two answers of the server: the tick itself. */
function LastPrice({ leg }: { leg: RunLeg }) {
  const tick = useTick(leg.quantity !== 0 ? leg.instrument : undefined, "ltp")
  const price = tick?.ltp ?? leg.last_price
  return (
    <Flash value={price}>
      <span className={leg.is_stale ? "tt-muted" : undefined}>{number(price, 2)}</span>
    </Flash>
  )
}

const COLUMNS: Column<RunLeg>[] = [
  {
    id: "instrument",
    header: "Instrument",
    isText: true,
    value: (leg) => leg.instrument,
    cell: (leg) => (
      <>
        {leg.instrument} <span className="tt-muted">{leg.product}</span>{" "}
        {leg.is_stale && <Badge color="yellow">Price old</Badge>}
      </>
    ),
  },
  {
    id: "quantity",
    header: "Quantity",
    value: (leg) => leg.quantity,
    cell: (leg) => (leg.quantity === 0 ? <span className="tt-muted">closed</span> : number(leg.quantity)),
  },
  {
    id: "average",
    header: "Average (₹)",
    value: (leg) => leg.average_price,
    cell: (leg) => (leg.quantity === 0 ? "–" : number(leg.average_price, 2)),
  },
  { id: "last", header: "Last (₹)", value: (leg) => leg.last_price, cell: (leg) => <LastPrice leg={leg} /> },
  profit("net", "Net (₹)"),
  {
    id: "value",
    header: "Value",
    value: (leg) => leg.value,
    cell: (leg) => (leg.quantity === 0 ? "–" : <span className="tt-amount">{money(leg.value)}</span>),
  },
  profit("unrealised", "Unrealised (₹)"),
  profit("realised", "Realised (₹)"),
  {
    id: "charges",
    header: "Charges",
    value: (leg) => leg.charges,
    cell: (leg) => <span className="tt-amount">{money(leg.charges)}</span>,
  },
]

/** What the run holds and held, at the latest prices. */
export function LegsSection({ live }: { live: RunLive }) {
  const legs = live.legs.toSorted((a, b) => Number(b.quantity !== 0) - Number(a.quantity !== 0))
  return (
    <Section title="Legs" note="Open ones first; figures follow every tick." flush>
      {legs.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          Nothing was bought or sold yet. A leg stands here from its first fill.
        </Text>
      ) : (
        <PlainTable
          label="Legs"
          rows={legs}
          columns={COLUMNS}
          rowKey={(leg) => `${leg.instrument} ${leg.product}`}
          minWidth={900}
        />
      )}
    </Section>
  )
}

import { Badge, Text } from "@mantine/core"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { price as priceText, quantity } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { Flash } from "@/components/states/flash"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { useTick } from "@/lib/live"
import type { ProtectionSnapshot, RunLeg, RunLive, RunPage } from "@/lib/queries/workers"
import { awayWords } from "../option-words"
import { protectingRule, ruleWords } from "../words"

const profit = (id: "net" | "realised" | "unrealised", header: string): Column<RunLeg> => ({
  id,
  header,
  value: (leg) => leg[id],
  cell: (leg) => <Delta kind="money" decimals={2} value={leg[id]} />,
})

/** The last price, taken from ticks between two responses of the server. */
function LastPrice({ leg }: { leg: RunLeg }) {
  const tick = useTick(leg.quantity !== 0 ? leg.instrument : undefined, "ltp")
  const price = tick?.ltp ?? leg.last_price
  return (
    <Flash value={price}>
      <span className={leg.is_stale ? "tt-muted" : undefined}>{priceText(price)}</span>
    </Flash>
  )
}

/** The rule closest to acting on the leg, and how far the price is from it. */
function Guard({ leg, live, page }: { leg: RunLeg; live: RunLive; page: RunPage }) {
  if (leg.quantity === 0) return "–"
  const step = protectingRule(leg, live.steps, page.protection as unknown as ProtectionSnapshot | null)
  if (!step) return <span className="tt-warn">No rule</span>
  const isOnPrice = step.level != null
  return (
    <>
      {ruleWords(step.rule)}
      {step.instrument != null && ` ${priceText(step.level)}`}
      {isOnPrice && <span className="tt-muted"> {awayWords(step)}</span>}
    </>
  )
}

/** Of the whole account: other runs and your own orders count there too. */
const AT_BROKER: Column<RunLeg> = {
  id: "broker",
  header: "At the broker",
  value: (leg) => leg.broker_quantity,
  cell: (leg) => (leg.broker_quantity === null ? "–" : quantity(leg.broker_quantity)),
}

const columnsOf = (live: RunLive, page: RunPage): Column<RunLeg>[] => [
  {
    id: "instrument",
    header: "Instrument",
    isText: true,
    value: (leg) => leg.instrument,
    cell: (leg) => (
      <>
        {leg.instrument} <span className="tt-muted">{leg.product}</span>{" "}
        {leg.is_stale && <Badge color="yellow">Stale price</Badge>}
      </>
    ),
  },
  {
    id: "quantity",
    header: "Quantity",
    value: (leg) => leg.quantity,
    cell: (leg) => (leg.quantity === 0 ? <span className="tt-muted">closed</span> : quantity(leg.quantity)),
  },
  ...(page.card.execution_mode === "live" ? [AT_BROKER] : []),
  profit("net", "Net"),
  { id: "last", header: "Last (₹)", value: (leg) => leg.last_price, cell: (leg) => <LastPrice leg={leg} /> },
  {
    id: "protection",
    header: "Protected by",
    isText: true,
    value: () => null,
    cell: (leg) => <Guard leg={leg} live={live} page={page} />,
  },
  {
    id: "average",
    header: "Average (₹)",
    value: (leg) => leg.average_price,
    cell: (leg) => (leg.quantity === 0 ? "–" : priceText(leg.average_price)),
  },
  {
    id: "value",
    header: "Value",
    value: (leg) => leg.value,
    cell: (leg) => (leg.quantity === 0 ? "–" : <Amount value={leg.value} />),
  },
  profit("unrealised", "Unrealised"),
  profit("realised", "Realised"),
  {
    id: "charges",
    header: "Charges",
    value: (leg) => leg.charges,
    cell: (leg) => <Amount value={leg.charges} />,
  },
]

/** Open and closed positions of the run, at the latest prices. */
export function LegsSection({ page, live }: { page: RunPage; live: RunLive }) {
  const isDry = page.card.execution_mode === "dry_run"
  const legs = live.legs.toSorted((a, b) => Number(b.quantity !== 0) - Number(a.quantity !== 0))
  return (
    <Section title="Legs" note="Open positions first; updated with every tick." flush>
      {legs.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          {isDry
            ? "A dry run places no orders: its decisions are in the timeline."
            : "No fills yet. A leg appears here from its first fill."}
        </Text>
      ) : (
        <PlainTable
          label="Legs"
          isLive
          rows={legs}
          columns={columnsOf(live, page)}
          rowKey={(leg) => `${leg.instrument} ${leg.product}`}
          minWidth={1_060}
        />
      )}
    </Section>
  )
}

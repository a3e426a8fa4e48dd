import { Anchor, Tabs } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { moment, price, quantity } from "@tradertape/ui/format.ts"
import { useMemo } from "react"
import { Section } from "@/components/page/section"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import type { Activity } from "@/lib/queries/live"

type Fill = Activity["fills"][number]
type Resting = Activity["orders"][number]

const SIDES: Record<string, string> = { BUY: "tt-gain", SELL: "tt-loss" }

function Side({ side }: { side: string }) {
  return <span className={SIDES[side]}>{side === "BUY" ? "Buy" : "Sell"}</span>
}

/** The run that placed the order, or GTT. */
function By({ run }: { run: string | null | undefined }) {
  if (!run) return "GTT"
  return (
    <Anchor size="sm" renderRoot={(props) => <Link to="/workers/$id" params={{ id: run }} {...props} />}>
      {run}
    </Anchor>
  )
}

const FILLS: Column<Fill>[] = [
  { id: "side", header: "Side", isText: true, value: (f) => f.side, cell: (f) => <Side side={f.side} /> },
  { id: "quantity", header: "Quantity", value: (f) => f.quantity, cell: (f) => quantity(f.quantity) },
  { id: "price", header: "Price (₹)", value: (f) => f.price, cell: (f) => price(f.price) },
  { id: "at", header: "Time (IST)", isText: true, value: (f) => f.at, cell: (f) => moment(f.at) },
  { id: "product", header: "Product", isText: true, value: (f) => f.product, cell: (f) => f.product },
  { id: "run", header: "Source", isText: true, value: (f) => f.run_id, cell: (f) => <By run={f.run_id} /> },
]

const RESTING: Column<Resting>[] = [
  { id: "side", header: "Side", isText: true, value: (o) => o.side, cell: (o) => <Side side={o.side} /> },
  { id: "type", header: "Type", isText: true, value: (o) => o.order_type, cell: (o) => o.order_type },
  {
    id: "left",
    header: "Remaining",
    value: (o) => o.pending_quantity,
    cell: (o) => quantity(o.pending_quantity),
  },
  { id: "price", header: "Price (₹)", value: (o) => o.price, cell: (o) => price(o.price || null) },
  {
    id: "trigger",
    header: "Trigger (₹)",
    value: (o) => o.trigger_price,
    cell: (o) => price(o.trigger_price || null),
  },
  {
    id: "at",
    header: "Placed (IST)",
    isText: true,
    value: (o) => o.placed_at,
    cell: (o) => moment(o.placed_at),
  },
  { id: "run", header: "Source", isText: true, value: (o) => o.run_id, cell: (o) => <By run={o.run_id} /> },
]

/** Our trades and open orders in the instrument; hidden while there are none. */
export function OwnActivity({ activity }: { activity: Activity }) {
  const byTime = useMemo(() => [{ id: "at", desc: true }], [])
  if (activity.fills.length === 0 && activity.orders.length === 0) return null
  return (
    <Section title="Your trades" flush>
      <Tabs defaultValue={activity.fills.length > 0 ? "fills" : "orders"}>
        <Tabs.List px="md">
          <Tabs.Tab value="fills">Trades {activity.fills.length}</Tabs.Tab>
          <Tabs.Tab value="orders">Open orders {activity.orders.length}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="fills">
          <DataTable
            label="Your trades"
            rows={activity.fills}
            columns={FILLS}
            rowKey={(fill) => `${fill.order_id} ${fill.at} ${fill.quantity} ${fill.price}`}
            sortedBy={byTime}
            maxHeight={320}
            minWidth={620}
          />
        </Tabs.Panel>
        <Tabs.Panel value="orders">
          <DataTable
            label="Your open orders"
            rows={activity.orders}
            columns={RESTING}
            rowKey={(order) => order.order_id}
            sortedBy={byTime}
            maxHeight={320}
            minWidth={680}
          />
        </Tabs.Panel>
      </Tabs>
    </Section>
  )
}

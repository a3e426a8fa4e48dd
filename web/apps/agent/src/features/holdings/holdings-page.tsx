import { useQuery } from "@tanstack/react-query"
import { Amount, Quantity } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { Section } from "@tradertape/ui/components/section.tsx"
import { number, price, quantity } from "@tradertape/ui/format.ts"
import { Layers } from "lucide-react"
import { Figures, type Row } from "@/components/figures"
import { Loaded } from "@/components/loaded"
import { Masked } from "@/components/masked"
import { Page } from "@/components/page"
import { Problems } from "@/components/problems"
import { holdingsQuery, positionsQuery } from "@/lib/queries"
import type { Holding, Position } from "@/lib/types"

/** Delivered shares and open positions of all accounts, as the brokers tell them. */
export function HoldingsPage() {
  return (
    <Page
      title="Holdings and positions"
      chips={<Masked />}
      note="Of all your brokers, at most ten seconds old."
    >
      <Loaded query={useQuery(holdingsQuery)} what="Holdings" shape={[220]}>
        {({ items, problems }) => (
          <>
            <Problems list={problems} />
            <Section title={`Holdings (${number(items.length)})`} flush>
              {items.length === 0 ? (
                <EmptyState icon={<Layers size={28} />} title="No holdings">
                  Shares appear here once they are delivered, the trading day after the purchase.
                </EmptyState>
              ) : (
                <Figures label="Holdings" columns={HOLDINGS} rows={items.map(holdingRow)} />
              )}
            </Section>
          </>
        )}
      </Loaded>
      <Loaded query={useQuery(positionsQuery)} what="Positions" shape={[120]}>
        {({ items }) => (
          <Section title={`Positions (${number(items.length)})`} flush>
            {items.length === 0 ? (
              <EmptyState icon={<Layers size={28} />} title="No open positions">
                Today's purchases and sales, and positions in derivatives, appear here.
              </EmptyState>
            ) : (
              <Figures label="Positions" columns={POSITIONS} rows={items.map(positionRow)} />
            )}
          </Section>
        )}
      </Loaded>
    </Page>
  )
}

const HOLDINGS = ["Quantity", "Average", "Last", "Value", "Profit"]
const POSITIONS = ["Quantity", "Average", "Last", "Profit"]

function holdingRow(one: Holding): Row {
  const parts = [
    one.t1_quantity > 0 && `${quantity(one.t1_quantity)} unsettled`,
    one.pledged_quantity > 0 && `${quantity(one.pledged_quantity)} pledged`,
    one.product === "MTF" && "margin funded",
  ].filter(Boolean)
  return {
    key: `${one.broker} ${one.exchange} ${one.symbol} ${one.product}`,
    name: one.symbol,
    note: [`${one.exchange}, ${one.broker}`, ...parts].join(", "),
    cells: [
      <Quantity key="units" value={one.total_quantity} />,
      price(one.average_price),
      price(one.last_price),
      <Amount key="value" value={one.value} decimals={0} />,
      <span key="profit">
        <Delta kind="money" value={Number(one.pnl)} /> <Delta value={Number(one.pnl_pct)} />
      </span>,
    ],
  }
}

function positionRow(one: Position): Row {
  return {
    key: `${one.broker} ${one.exchange} ${one.symbol} ${one.product}`,
    name: one.symbol,
    note: `${one.exchange}, ${one.product}, ${one.broker}`,
    cells: [
      <Quantity key="units" value={one.quantity} />,
      price(one.average_price),
      price(one.last_price),
      <Delta key="profit" kind="money" value={Number(one.pnl)} />,
    ],
  }
}

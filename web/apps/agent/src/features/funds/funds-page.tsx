import { Alert } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Amount, Quantity } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { Section } from "@tradertape/ui/components/section.tsx"
import { date, number, price } from "@tradertape/ui/format.ts"
import { PiggyBank } from "lucide-react"
import { Figures, type Row } from "@/components/figures"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { Problems } from "@/components/problems"
import { fundsQuery } from "@/lib/queries"
import type { Fund } from "@/lib/types"

/** Units of mutual funds, of brokers that tell of them. They are shown here, and sent nowhere. */
export function FundsPage() {
  return (
    <Page
      title="Mutual funds"
      note="Read from your brokers for this page. The agent does not send them to the cloud."
    >
      <Loaded query={useQuery(fundsQuery)} what="Mutual funds" shape={[220]}>
        {({ items, problems, without }) => (
          <>
            <Problems list={problems} />
            {without.length > 0 && (
              <Alert color="gray" variant="light">
                {without.join(" and ")} {without.length === 1 ? "does" : "do"} not tell programs of mutual
                funds: what you hold there is not in this list.
              </Alert>
            )}
            {items.length === 0 && problems.length === 0 ? (
              <EmptyState
                icon={<PiggyBank size={30} />}
                title="No mutual funds"
                action={<Link to="/brokers">Brokers</Link>}
              >
                Units that you hold at Zerodha (Coin) in demat form appear here once Kite is logged in.
              </EmptyState>
            ) : (
              items.length > 0 && (
                <Section title={`Funds (${number(items.length)})`} flush>
                  <Figures label="Mutual funds" columns={COLUMNS} rows={items.map(rowOf)} />
                </Section>
              )
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}

const COLUMNS = ["Units", "Average NAV", "NAV", "Value", "Profit"]

function rowOf(one: Fund): Row {
  const day = one.last_price_date ? `, NAV of ${date(one.last_price_date)}` : ""
  return {
    key: `${one.broker} ${one.isin} ${one.folio}`,
    name: one.fund,
    note: `${one.folio ? `Folio ${one.folio}` : "Demat"}, ${one.broker}${day}`,
    cells: [
      <Quantity key="units" value={one.quantity} decimals={3} />,
      price(one.average_price, 4),
      price(one.last_price, 4),
      <Amount key="value" value={one.value} decimals={0} />,
      <Delta key="profit" kind="money" value={Number(one.pnl)} />,
    ],
  }
}

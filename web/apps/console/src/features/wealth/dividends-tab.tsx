import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { accountName, count, folioName } from "@tradertape/ui/format.ts"
import { Coins } from "lucide-react"
import { useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { Pager } from "@/components/table/pager"
import { PlainTable } from "@/components/table/plain-table"
import type { Dividend } from "@/lib/queries/wealth"
import type { TabProps } from "./tab-props"
import classes from "./wealth.module.css"

type Row = Dividend & { place: number }

const of = columnsOf<Row>()
const COLUMNS: Column<Row>[] = [
  of.text("paid_by", "Paid by", (row) => row.paid_by),
  of.day("on", "Ex-date or payout", (row) => row.on),
  of.quantity("quantity", "Quantity", (row) => row.quantity),
  of.number("per_share", "Per share", (row) => row.per_share),
  of.amount("amount", "Amount", (row) => row.amount),
  of.text("account", "Account or folio", nameOf),
]

/** A payout of a fund has no quantity, and is of a folio. */
function nameOf({ account, quantity }: Row): string {
  return quantity === null ? folioName(account) : accountName(account)
}

/** Dividends of shares by what companies declared, and payouts of funds. */
export function DividendsTab({ queries }: TabProps) {
  const [page, setPage] = useState(1)
  const query = useQuery(queries.dividends(page))
  return (
    <Loaded query={query} what="The dividends">
      {({ by_year, total, items }) =>
        total === 0 ? (
          <EmptyState icon={<Coins size={28} />} title="No dividends">
            What companies declared while you held their shares appears here, as far as the market data has
            it.
          </EmptyState>
        ) : (
          <>
            <dl className={classes.plain} aria-label="By financial year">
              {Object.entries(by_year).map(([year, amount]) => (
                <Stat key={year} label={`FY ${year}`} value={<Amount value={amount} />} />
              ))}
            </dl>
            <Section title={count(total, "payment")} note="Before tax deducted at source" flush>
              <PlainTable
                label="Dividends"
                rows={items.map((one, place) => ({ ...one, place }))}
                columns={COLUMNS}
                rowKey={(row) => String(row.place)}
                minWidth={640}
              />
              <Pager label="Dividends" total={total} page={page} onPage={setPage} />
            </Section>
          </>
        )
      }
    </Loaded>
  )
}

import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { accountName, date, discreet, words } from "@tradertape/ui/format.ts"
import { BookOpenCheck } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf, figure } from "@/components/table/columns-of"
import { PlainTable } from "@/components/table/plain-table"
import type { LedgerBook } from "@/lib/queries/wealth"
import type { TabProps } from "./tab-props"
import classes from "./wealth.module.css"

/** Each ledger beside the trades: every difference by kind. */
export function LedgerTab({ queries }: TabProps) {
  const query = useQuery(queries.ledgers)
  return (
    <Loaded query={query} what="The ledgers">
      {({ accounts }) =>
        accounts.length === 0 ? (
          <EmptyState
            icon={<BookOpenCheck size={28} />}
            title="No ledger"
            action={<LinkButton to="/uploads">Upload a ledger</LinkButton>}
          >
            Your broker's ledger is compared with your trades, day by day: what one has and the other lacks is
            named.
          </EmptyState>
        ) : (
          accounts.map((one) => <Ledger key={`${one.broker} ${one.account}`} book={one} />)
        )
      }
    </Loaded>
  )
}

function Ledger({ book }: { book: LedgerBook }) {
  const name = `${words(book.broker)} ${accountName(book.account)}`.trim()
  return (
    <Section title={name} note={`${date(book.first)} to ${date(book.last)}`}>
      <dl className={classes.plain} aria-label={`Totals of ${name}`}>
        <Stat label="Opening balance" value={<Amount value={book.opening} />} />
        <Stat label="Closing balance" value={<Amount value={book.closing} />} />
        <Stat
          label="Trades by your files"
          value={<Delta kind="money" decimals={2} value={figure(book.book)} />}
        />
        <Stat
          label="Settled by the ledger"
          value={<Delta kind="money" decimals={2} value={figure(book.settled)} />}
        />
        {Object.entries(book.by_kind).map(([kind, amount]) => (
          <Stat
            key={kind}
            label={words(kind)}
            value={<Delta kind="money" decimals={2} value={figure(amount)} />}
          />
        ))}
        {Number(book.gap) !== 0 && (
          <Stat
            label="Gap"
            hint="What the closing balance has beyond the opening one and the lines: lines are missing."
            value={<Delta kind="money" decimals={2} value={figure(book.gap)} />}
          />
        )}
      </dl>
      {book.differences.length === 0 ? (
        <p className="tt-muted">The ledger settles every trade to the paisa.</p>
      ) : (
        <PlainTable
          label={`Differences of ${name}`}
          rows={book.differences}
          columns={COLUMNS}
          rowKey={(row) => row.kind}
          minWidth={640}
        />
      )}
    </Section>
  )
}

type Difference = LedgerBook["differences"][number]
const of = columnsOf<Difference>()
const COLUMNS: Column<Difference>[] = [
  of.text("kind", "Difference", (row) => words(row.kind)),
  of.gain("amount", "Amount", (row) => row.amount),
  of.number("days", "Days", (row) => row.days),
  of.text("meaning", "What it means", (row) => discreet(row.meaning)),
]

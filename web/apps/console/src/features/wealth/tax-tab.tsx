import { Alert, Button, Group } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { discreet, money, percent, words } from "@tradertape/ui/format.ts"
import { Download, ReceiptText } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { PlainTable } from "@/components/table/plain-table"
import type { TaxReport } from "@/lib/queries/wealth"
import { FundClassSelect } from "./fund-class-select"
import { ROUTE, type TabProps } from "./tab-props"
import classes from "./wealth.module.css"
import { YearSelect } from "./year-select"

const route = getRouteApi(ROUTE)

/** The report of a financial year, and its files. */
export function TaxTab({ queries }: TabProps) {
  const { fy } = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(queries.tax(fy))
  const choose = (next: string | undefined) =>
    void navigate({ search: { tab: "tax", fy: next }, replace: true, resetScroll: false })
  return (
    <Loaded query={query} what="The tax report">
      {(report) =>
        report.fy === null ? (
          <EmptyState icon={<ReceiptText size={28} />} title="Nothing was sold yet">
            The report of a financial year appears with its first sale.
          </EmptyState>
        ) : (
          <Report report={report} fy={report.fy} onYear={choose} />
        )
      }
    </Loaded>
  )
}

interface Props {
  report: TaxReport
  fy: string
  onYear: (year: string | undefined) => void
}

function Report({ report, fy, onYear }: Props) {
  return (
    <>
      <Group justify="space-between" gap="sm">
        <YearSelect years={report.years} value={fy} onChange={onYear} />
        <Group gap={8}>
          {(["xlsx", "csv"] as const).map((form) => (
            <Button
              key={form}
              component="a"
              href={`/api/wealth/tax/export?fy=${encodeURIComponent(fy)}&format=${form}`}
              download
              variant="default"
              size="xs"
              leftSection={<Download size={13} />}
            >
              {form.toUpperCase()}
            </Button>
          ))}
        </Group>
      </Group>
      <dl className={classes.stats} aria-label="Totals">
        <Stat
          big
          label="Tax on capital gains"
          hint="Of the gains with a rate. Those at your slab are not in it."
          value={<Amount value={report.tax} />}
        />
        <Stat
          label="Exemption of the year"
          hint="Long term gain that is not taxed: section 112A(2)."
          value={<Amount value={report.exemption} />}
        />
        <Stat
          label="Grandfathered pairs"
          hint="Pairs whose cost is the price of 31 January 2018."
          value={report.grandfathered}
        />
        {Object.entries(report.losses_left)
          .filter(([, amount]) => Number(amount) > 0)
          .map(([term, amount]) => (
            <Stat
              key={term}
              label={`Loss left, ${words(term).toLowerCase()}`}
              value={<Amount value={amount} />}
            />
          ))}
      </dl>
      <Notes report={report} />
      <Section
        title="Capital gains"
        note={report.buckets.length === 0 ? "No share or fund was sold in this year" : undefined}
        flush
      >
        <PlainTable
          label="Capital gains"
          rows={report.buckets}
          columns={BUCKETS}
          rowKey={(row) => `${row.term} ${row.rate} ${row.section}`}
          minWidth={820}
        />
      </Section>
      <Section title="Business income" note="Taxed at your slab, so no tax is shown" flush>
        <PlainTable
          label="Business income"
          rows={incomeOf(report)}
          columns={INCOME}
          rowKey={(row) => row.name}
          minWidth={720}
        />
      </Section>
      {report.funds.length > 0 && (
        <Section title="Funds sold" note="Equity, debt and hybrid funds are in the figures above" flush>
          <PlainTable
            label="Funds sold"
            rows={report.funds}
            columns={FUNDS}
            rowKey={(row) => `${row.instrument} ${row.scheme}`}
            minWidth={720}
          />
        </Section>
      )}
      {report.set_offs.length > 0 && (
        <Section title="Set-off" flush>
          <PlainTable
            label="Set-off"
            rows={report.set_offs}
            columns={SET_OFFS}
            rowKey={(row) => `${row.loss} ${row.gain} ${row.section}`}
            minWidth={520}
          />
        </Section>
      )}
    </>
  )
}

function Notes({ report }: { report: TaxReport }) {
  const notes = report.notes.map((text) => discreet(text))
  if (report.is_estimated) notes.push("Charges are estimated where your files have none.")
  if (Number(report.other_funds) !== 0)
    notes.push(`Profit of funds that are in no figure here: ${money(report.other_funds)}.`)
  if (report.without_price_2018.length > 0)
    notes.push(`Without a price of 31 January 2018: ${report.without_price_2018.join(", ")}.`)
  return (
    <Alert color="gray" variant="light" title="What this report does not know">
      <ul className={classes.notes}>
        {notes.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Alert>
  )
}

type Bucket = TaxReport["buckets"][number]
const bucket = columnsOf<Bucket>()
const BUCKETS: Column<Bucket>[] = [
  bucket.text("term", "Term", (row) => words(row.term)),
  {
    id: "rate",
    header: "Rate",
    value: (row) => Number(row.rate),
    cell: (row) => (row.rate === null ? "Your slab" : percent(Number(row.rate) * 100)),
  },
  bucket.text("section", "Section", (row) => row.section || "–"),
  bucket.amount("gains", "Gains", (row) => row.gains),
  bucket.amount("losses", "Losses", (row) => row.losses),
  bucket.amount("remaining", "After set-off", (row) => row.remaining),
  bucket.amount("exempt", "Exempt", (row) => row.exempt),
  bucket.amount("taxable", "Taxable", (row) => row.taxable),
  bucket.amount("tax", "Tax", (row) => (row.rate === null ? null : row.tax)),
]

type SoldFund = TaxReport["funds"][number]
const fund = columnsOf<SoldFund>()
const FUNDS: Column<SoldFund>[] = [
  fund.text("scheme", "Fund", (row) => row.scheme),
  fund.text(
    "class",
    "Class",
    (row) => words(row.fund_class),
    (row) => <FundClassSelect fund={row} />,
  ),
  fund.text("taxed", "In the figures", (row) => (row.is_taxed_here ? "Yes" : "No")),
  fund.gain("profit", "Profit", (row) => row.profit),
]

type SetOff = TaxReport["set_offs"][number]
const off = columnsOf<SetOff>()
const SET_OFFS: Column<SetOff>[] = [
  off.text("loss", "Loss", (row) => words(row.loss)),
  off.text("gain", "Against", (row) => words(row.gain)),
  off.amount("amount", "Amount", (row) => row.amount),
  off.text("section", "Section", (row) => row.section),
]

type Income = NonNullable<TaxReport["speculative"]> & { name: string }

function incomeOf({ speculative, derivatives }: TaxReport): Income[] {
  const found: Income[] = []
  if (speculative) found.push({ ...speculative, name: "Intraday (speculative)" })
  if (derivatives) found.push({ ...derivatives, name: "Futures and options" })
  return found
}

const income = columnsOf<Income>()
const INCOME: Column<Income>[] = [
  income.text("name", "Income", (row) => row.name),
  income.number("pairs", "Pairs", (row) => row.pairs),
  income.amount("turnover", "Turnover", (row) => row.turnover),
  income.gain("gross", "Gross", (row) => row.gross),
  income.amount("charges", "Charges", (row) => row.charges),
  income.gain("net", "Net", (row) => row.net),
  income.gain("remaining", "After set-off", (row) => row.remaining),
]

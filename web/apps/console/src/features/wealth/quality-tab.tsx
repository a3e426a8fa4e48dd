import { Alert, Badge, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { accountName, count, date, number, words } from "@tradertape/ui/format.ts"
import type { ReactNode } from "react"
import { Section } from "@/components/page/section"
import { Loaded } from "@/components/states/loaded"
import type { Column } from "@/components/table/column"
import { columnsOf } from "@/components/table/columns-of"
import { PlainTable } from "@/components/table/plain-table"
import type { Quality } from "@/lib/queries/wealth"
import type { TabProps } from "./tab-props"

/** What is missing or uncertain in the files. */
export function QualityTab({ queries }: TabProps) {
  const query = useQuery(queries.quality)
  return (
    <Loaded query={query} what="The import quality">
      {(found) => (
        <>
          <Alert
            color={found.is_good ? "iris" : "yellow"}
            variant="light"
            title={found.is_good ? "Nothing is missing" : "Some figures are incomplete"}
          >
            {count(found.files, "file")} imported. {found.is_good ? GOOD : BAD}
          </Alert>
          <Part title="Totals of your files" good="No file states a total." rows={found.checks}>
            <PlainTable
              label="Totals"
              rows={found.checks.map((one, place) => ({ ...one, place }))}
              columns={CHECKS}
              rowKey={(row) => String(row.place)}
              minWidth={640}
            />
          </Part>
          <Part
            title="Days between your files"
            note="No file is about these days. Upload what is missing, if you traded then."
            good="The files of each account follow each other without a gap."
            rows={found.gaps}
          >
            <PlainTable
              label="Gaps"
              rows={found.gaps}
              columns={GAPS}
              rowKey={(row) => `${row.broker} ${row.account} ${row.segment} ${row.first}`}
              minWidth={480}
            />
          </Part>
          <Part
            title="Sales without a purchase"
            note={shownOf(found.unmatched.length, found.unmatched_count, "share")}
            good="Your files have a purchase for every sale."
            rows={found.unmatched}
          >
            <PlainTable
              label="Sales without a purchase"
              rows={found.unmatched}
              columns={UNMATCHED}
              rowKey={(row) => row.symbol}
              minWidth={480}
            />
          </Part>
          <Part
            title="Estimated charges"
            note="These files state no charges: brokerage and taxes are estimated by the rates of the day."
            good="Your files state all charges."
            rows={found.estimates}
          >
            <PlainTable
              label="Estimated charges"
              rows={found.estimates}
              columns={ESTIMATES}
              rowKey={(row) => row.broker}
              minWidth={480}
            />
          </Part>
          <Part
            title="Shares without market data"
            note={shownOf(found.unknown.length, found.unknown_count, "share")}
            good="Every share has prices here."
            rows={found.unknown}
          >
            <Text size="sm" px="md" pb="md">
              {found.unknown.join(", ")}: valued at cost, without splits, bonuses and dividends.
            </Text>
          </Part>
        </>
      )}
    </Loaded>
  )
}

const GOOD = "All totals agree, no days are missing between files, and every sale has its purchase."
const BAD = "What is listed here is in no profit, or in no figure at all."

const shownOf = (shown: number, all: number, one: string) =>
  shown < all ? `The first ${number(shown)} of ${count(all, one)}` : undefined

interface PartProps {
  title: string
  note?: string
  good: string
  rows: readonly unknown[]
  children: ReactNode
}

function Part({ title, note, good, rows, children }: PartProps) {
  return (
    <Section title={title} note={rows.length > 0 ? note : good} flush={rows.length > 0}>
      {rows.length > 0 ? children : null}
    </Section>
  )
}

type Check = Quality["checks"][number] & { place: number }
const check = columnsOf<Check>()
const CHECKS: Column<Check>[] = [
  check.text("file", "File", (row) => row.file),
  check.text(
    "name",
    "Total",
    (row) => row.name,
    (row) => (
      <>
        {row.name} {row.is_off && <Badge color="yellow">Differs</Badge>}
      </>
    ),
  ),
  check.amount("stated", "Stated", (row) => row.stated),
  check.amount("parsed", "By its rows", (row) => row.parsed),
  check.amount("difference", "Difference", (row) => row.difference),
]

type Gap = Quality["gaps"][number]
const gap = columnsOf<Gap>()
const GAPS: Column<Gap>[] = [
  gap.text("account", "Account", (row) => `${words(row.broker)} ${accountName(row.account)} ${row.segment}`),
  gap.text(
    "from",
    "From",
    (row) => row.first,
    (row) => date(row.first),
  ),
  gap.text(
    "to",
    "To",
    (row) => row.last,
    (row) => date(row.last),
  ),
]

type Sale = Quality["unmatched"][number]
const sale = columnsOf<Sale>()
const UNMATCHED: Column<Sale>[] = [
  sale.text("symbol", "Share or fund", (row) => row.symbol),
  sale.day("on", "First sale", (row) => row.on),
  sale.quantity("quantity", "Quantity", (row) => row.quantity),
  sale.amount("proceeds", "Proceeds", (row) => row.proceeds),
]

type Estimate = Quality["estimates"][number]
const estimate = columnsOf<Estimate>()
const ESTIMATES: Column<Estimate>[] = [
  estimate.text("broker", "Broker", (row) => words(row.broker)),
  estimate.number("estimated", "Estimated", (row) => row.estimated),
  estimate.number("executions", "Of executions", (row) => row.executions),
  estimate.amount("charges", "Charges", (row) => row.charges),
]

import { Group } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { words } from "@tradertape/ui/format.ts"
import { IndianRupee } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { type AtBroker, type Margin, marginsQuery } from "@/lib/queries/portfolio"
import { AgeNote, RowAge, rowClass, totalsClass } from "./age-note"
import { AnswerFrame } from "./answer-frame"
import { BrokerFilter, brokersOf, useBrokerTitles } from "./broker-filter"
import { CsvButton } from "./csv-button"
import type { TabProps } from "./tab-props"
import { marginTotals } from "./totals"

type Figure = Exclude<keyof Margin, keyof AtBroker | "as_of" | "segment">

const amountColumn = (id: Figure, header: string): Column<Margin> => ({
  id,
  header,
  value: (row) => row[id],
  cell: (row) => <Amount value={row[id]} />,
})

/** Cash and margin of each segment at all brokers. */
export function FundsTab({ broker, onBroker, environment }: TabProps) {
  const query = useQuery(marginsQuery)
  const title = useBrokerTitles()
  return (
    <AnswerFrame query={query} what="funds" environment={environment}>
      {(answer) => {
        const rows = answer.rows.filter((row) => !broker || row.broker === broker)
        const totals = marginTotals(rows)
        if (answer.rows.length === 0)
          return (
            <EmptyState icon={<IndianRupee size={30} />} title="No funds">
              The broker reports no segment for this account.
            </EmptyState>
          )
        return (
          <div>
            <dl className={totalsClass(answer)} aria-label="Totals">
              <Stat big label="Available margin" value={<Amount value={totals.available} />} />
              <Stat label="Cash" value={<Amount value={totals.cash} />} />
              <Stat label="Used" value={<Amount value={totals.used} />} />
              <Stat
                label="Collateral"
                hint="Margin against shares that you have pledged."
                value={<Amount value={totals.collateral} />}
              />
            </dl>
            <Section
              title="Segments"
              note={<AgeNote answer={answer} />}
              flush
              action={
                <Group gap={8}>
                  <BrokerFilter names={brokersOf(answer.rows)} value={broker} onChange={onBroker} />
                  <CsvButton file="funds" rows={rows} />
                </Group>
              }
            >
              <PlainTable
                label="Funds"
                rows={rows}
                rowKey={(row) => `${row.account} ${row.segment}`}
                rowClass={rowClass}
                minWidth={820}
                columns={[
                  {
                    id: "segment",
                    header: "Segment",
                    isText: true,
                    value: (row) => row.segment,
                    cell: (row) => (
                      <>
                        {title(row.broker)}, {words(row.segment).toLowerCase()} <RowAge row={row} />
                      </>
                    ),
                  },
                  amountColumn("available_margin", "Available"),
                  amountColumn("available_cash", "Cash"),
                  amountColumn("used_margin", "Used"),
                  amountColumn("collateral", "Collateral"),
                  amountColumn("opening_balance", "Opening balance"),
                  amountColumn("net", "Net"),
                ]}
              />
            </Section>
          </div>
        )
      }}
    </AnswerFrame>
  )
}

import { useMediaQuery } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, price, quantity } from "@tradertape/ui/format.ts"
import { Wallet } from "lucide-react"
import { useMemo } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { DataTable } from "@/components/table/data-table"
import { type Answer, type Holding, holdingsQuery } from "@/lib/queries/portfolio"
import { AgeNote, RowAge, rowClass, totalsClass } from "./age-note"
import { AnswerFrame } from "./answer-frame"
import { BrokerFilter, brokersOf, useBrokerTitles } from "./broker-filter"
import { CsvButton } from "./csv-button"
import { holdingColumns } from "./holding-columns"
import classes from "./holdings.module.css"
import { SellLink } from "./sell-link"
import type { TabProps } from "./tab-props"
import { holdingTotals } from "./totals"

/** Delivered shares at all brokers. */
export function HoldingsTab({ broker, onBroker, environment }: TabProps) {
  const query = useQuery(holdingsQuery)
  return (
    <AnswerFrame query={query} what="holdings" environment={environment}>
      {(answer) => <Holdings answer={answer} broker={broker} onBroker={onBroker} />}
    </AnswerFrame>
  )
}

const keyOf = (row: Holding) => `${row.account} ${row.exchange}:${row.symbol} ${row.product}`

function Holdings({ answer, broker, onBroker }: Omit<TabProps, "environment"> & { answer: Answer<Holding> }) {
  const title = useBrokerTitles()
  const isPhone = useMediaQuery("(max-width: 699px)")
  const names = brokersOf(answer.rows)
  const rows = useMemo(
    () => answer.rows.filter((row) => !broker || row.broker === broker),
    [answer.rows, broker],
  )
  const columns = useMemo(() => holdingColumns(names.length > 1 ? title : null), [names.length, title])
  if (answer.rows.length === 0)
    return (
      <EmptyState icon={<Wallet size={30} />} title="No holdings">
        Shares that are delivered to your account appear here: bought today they arrive tomorrow (T+1).
      </EmptyState>
    )
  return (
    <div data-live>
      <Totals rows={rows} className={totalsClass(answer)} />
      <Section
        title={count(rows.length, "holding")}
        note={<AgeNote answer={answer} />}
        flush
        action={<CsvButton file="holdings" rows={rows} />}
      >
        <div className={classes.filters}>
          <BrokerFilter names={names} value={broker} onChange={onBroker} />
        </div>
        {isPhone ? (
          <ul className={classes.rows} aria-label="Holdings">
            {byValue(rows).map((row) => (
              <Line key={keyOf(row)} row={row} broker={names.length > 1 ? title(row.broker) : ""} />
            ))}
          </ul>
        ) : (
          <DataTable
            label="Holdings"
            rows={rows}
            columns={columns}
            rowKey={keyOf}
            rowClass={rowClass}
            sortedBy={[{ id: "value", desc: true }]}
            minWidth={980}
          />
        )}
      </Section>
    </div>
  )
}

function Totals({ rows, className }: { rows: Holding[]; className: string }) {
  const { invested, value, pnl, pnlPct, dayChange, dayChangePct } = holdingTotals(rows)
  return (
    <dl className={className} aria-label="Totals">
      <Stat big label="Current value" value={<Amount value={value} />} />
      <Stat label="Invested" value={<Amount value={invested} />} />
      <Stat
        label="Profit"
        value={<Delta kind="money" decimals={2} value={pnl} />}
        note={<Delta value={pnlPct} decimals={2} />}
      />
      <Stat
        label="Today"
        value={<Delta kind="money" decimals={2} value={dayChange} />}
        note={<Delta value={dayChangePct} decimals={2} />}
      />
    </dl>
  )
}

const byValue = (rows: Holding[]) => [...rows].sort((a, b) => Number(b.value) - Number(a.value))

/** On phones: two lines for each holding. broker: its name, where there are several. */
function Line({ row, broker }: { row: Holding; broker: string }) {
  return (
    <li className={`${classes.row} ${rowClass(row) ?? ""}`}>
      <span>
        <strong>{row.symbol}</strong> <span className={classes.small}>{row.exchange}</span>{" "}
        <RowAge row={row} />
      </span>
      <span>
        <Amount value={row.value} />
      </span>
      <span className={classes.small}>
        {quantity(row.quantity + row.t1_quantity + row.pledged_quantity)} at {price(row.average_price)}
        {broker && `, ${broker}`}
      </span>
      <span>
        <Delta kind="money" decimals={0} value={row.pnl} /> <Delta value={row.day_change_pct} decimals={2} />{" "}
        <SellLink row={row} />
      </span>
    </li>
  )
}

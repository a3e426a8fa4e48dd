import { SegmentedControl } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, price, quantity, quantity as units } from "@tradertape/ui/format.ts"
import { ChartCandlestick } from "lucide-react"
import { useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { type Answer, type Position, positionsQuery } from "@/lib/queries/portfolio"
import { AgeNote, RowAge, rowClass, totalsClass } from "./age-note"
import { AnswerFrame } from "./answer-frame"
import { BrokerFilter, brokersOf, useBrokerTitles } from "./broker-filter"
import { CsvButton } from "./csv-button"
import classes from "./holdings.module.css"
import type { TabProps } from "./tab-props"
import { positionsPnl } from "./totals"

/** Open exposure at all brokers, carried and of today. */
export function PositionsTab({ broker, onBroker, environment }: TabProps) {
  const query = useQuery(positionsQuery)
  return (
    <AnswerFrame query={query} what="positions" environment={environment}>
      {(answer) => <Positions answer={answer} broker={broker} onBroker={onBroker} />}
    </AnswerFrame>
  )
}

const keyOf = (row: Position) => `${row.account} ${row.kind} ${row.exchange}:${row.symbol} ${row.product}`
const KINDS = [
  { value: "net", label: "Net" },
  { value: "day", label: "Today only" },
]

function Positions({
  answer,
  broker,
  onBroker,
}: Omit<TabProps, "environment"> & { answer: Answer<Position> }) {
  const [kind, setKind] = useState("net")
  const title = useBrokerTitles()
  const isPhone = useMediaQuery("(max-width: 699px)")
  const names = brokersOf(answer.rows)
  const rows = useMemo(
    () => answer.rows.filter((row) => row.kind === kind && (!broker || row.broker === broker)),
    [answer.rows, kind, broker],
  )
  const columns = useMemo(() => positionColumns(names.length > 1 ? title : null), [names.length, title])
  if (answer.rows.length === 0)
    return (
      <EmptyState icon={<ChartCandlestick size={30} />} title="No positions">
        Intraday trades and futures and options that are open at a broker appear here, from every terminal.
      </EmptyState>
    )
  return (
    <div data-live>
      <dl className={totalsClass(answer)} aria-label="Totals">
        <Stat
          big
          label={kind === "net" ? "Profit, all positions" : "Profit of today's trades"}
          value={<Delta kind="money" decimals={2} value={positionsPnl(rows)} />}
        />
        <Stat label="Open" value={count(rows.filter(({ quantity }) => quantity !== 0).length, "position")} />
      </dl>
      <Section
        title={count(rows.length, "position")}
        note={<AgeNote answer={answer} />}
        flush
        action={<CsvButton file={`positions-${kind}`} rows={rows} />}
      >
        <div className={classes.filters}>
          <SegmentedControl data={KINDS} value={kind} onChange={setKind} aria-label="Which positions" />
          <BrokerFilter names={names} value={broker} onChange={onBroker} />
        </div>
        {isPhone ? (
          <ul className={classes.rows} aria-label="Positions">
            {rows.map((row) => (
              <Line key={keyOf(row)} row={row} />
            ))}
          </ul>
        ) : (
          <DataTable
            label="Positions"
            rows={rows}
            columns={columns}
            rowKey={keyOf}
            rowClass={rowClass}
            minWidth={860}
          />
        )}
      </Section>
    </div>
  )
}

const quantityWords = ({ quantity }: Position) =>
  quantity === 0 ? "Closed" : `${quantity < 0 ? "Short " : ""}${units(Math.abs(quantity))}`

function Line({ row }: { row: Position }) {
  return (
    <li className={`${classes.row} ${rowClass(row) ?? ""}`}>
      <span>
        <strong>{row.symbol}</strong> <span className={classes.small}>{row.product}</span>{" "}
        <RowAge row={row} />
      </span>
      <Delta kind="money" decimals={2} value={row.pnl} />
      <span className={classes.small}>
        {quantityWords(row)} at {price(row.average_price)}
      </span>
      <span className={classes.small}>last {price(row.last_price)}</span>
    </li>
  )
}

function positionColumns(title: ((broker: string) => string) | null): Column<Position>[] {
  const columns: Column<Position>[] = [
    {
      id: "symbol",
      header: "Instrument",
      isText: true,
      value: (row) => row.symbol,
      cell: (row) => (
        <>
          {row.symbol} <span className={classes.small}>{row.exchange}</span> <RowAge row={row} />
        </>
      ),
    },
    {
      id: "product",
      header: "Product",
      isText: true,
      value: (row) => row.product,
      cell: (row) => row.product,
    },
    { id: "quantity", header: "Quantity", value: (row) => row.quantity, cell: quantityWords },
    {
      id: "average",
      header: "Average (₹)",
      value: (row) => row.average_price,
      cell: (row) => price(row.average_price),
    },
    {
      id: "last",
      header: "Last (₹)",
      value: (row) => row.last_price,
      cell: (row) => price(row.last_price),
    },
    { id: "value", header: "Value", value: (row) => row.value, cell: (row) => <Amount value={row.value} /> },
    {
      id: "bought",
      header: "Bought, sold",
      value: (row) => row.buy_quantity,
      cell: (row) => `${quantity(row.buy_quantity)}, ${quantity(row.sell_quantity)}`,
    },
    {
      id: "pnl",
      header: "Profit",
      value: (row) => row.pnl,
      cell: (row) => <Delta kind="money" decimals={2} value={row.pnl} />,
    },
  ]
  if (title)
    columns.splice(1, 0, {
      id: "broker",
      header: "Broker",
      isText: true,
      value: (row) => title(row.broker),
      cell: (row) => title(row.broker),
    })
  return columns
}

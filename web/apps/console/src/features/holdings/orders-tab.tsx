import { Select } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useQuery } from "@tanstack/react-query"
import { count, moment, price, quantity, words } from "@tradertape/ui/format.ts"
import { ListOrdered } from "lucide-react"
import { useMemo, useState } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { DataTable } from "@/components/table/data-table"
import { type Answer, type BrokerOrder, brokerOrdersQuery } from "@/lib/queries/portfolio"
import { AgeNote, RowAge, rowClass } from "./age-note"
import { AnswerFrame } from "./answer-frame"
import { BrokerFilter, brokersOf, useBrokerTitles } from "./broker-filter"
import { CsvButton } from "./csv-button"
import classes from "./holdings.module.css"
import { OrderState, orderColumns, Side, Source } from "./order-columns"
import { matchesOrder, ORDER_FILTERS, type OrderFilter } from "./order-words"
import type { TabProps } from "./tab-props"

/** Today's order books of all brokers: our orders, and those of every other terminal. */
export function OrdersTab({ broker, onBroker, environment }: TabProps) {
  const query = useQuery(brokerOrdersQuery)
  return (
    <AnswerFrame query={query} what="orders" environment={environment}>
      {(answer) => <Orders answer={answer} broker={broker} onBroker={onBroker} />}
    </AnswerFrame>
  )
}

const keyOf = (row: BrokerOrder) => `${row.account} ${row.order_id}`
const STATES = ORDER_FILTERS.map((value) => ({ value, label: value === "all" ? "Any state" : words(value) }))
const SOURCES = [
  { value: "ours", label: "Ours" },
  { value: "external", label: "External" },
]

function Orders({
  answer,
  broker,
  onBroker,
}: Omit<TabProps, "environment"> & { answer: Answer<BrokerOrder> }) {
  const [status, setStatus] = useState<OrderFilter>("all")
  const [source, setSource] = useState<BrokerOrder["source"]>()
  const title = useBrokerTitles()
  const isPhone = useMediaQuery("(max-width: 699px)")
  const names = brokersOf(answer.rows)
  const rows = useMemo(
    () => answer.rows.filter((order) => matchesOrder(order, { status, broker, source })),
    [answer.rows, status, broker, source],
  )
  const columns = useMemo(() => orderColumns(names.length > 1 ? title : null), [names.length, title])
  if (answer.rows.length === 0)
    return (
      <EmptyState icon={<ListOrdered size={30} />} title="No orders today">
        The order book of your broker appears here: orders of your workers, marked “Ours”, and those that you
        place in the broker's own app, marked “External”.
      </EmptyState>
    )
  return (
    <div data-live>
      <Section
        title={count(rows.length, "order")}
        note={
          <>
            <AgeNote answer={answer} />. External orders were placed elsewhere; TraderTape shows them and
            never changes them.
          </>
        }
        flush
        action={<CsvButton file="orders" rows={rows} />}
      >
        <div className={classes.filters}>
          <Select
            w={140}
            aria-label="State"
            data={STATES}
            value={status}
            onChange={(value) => setStatus(ORDER_FILTERS.find((one) => one === value) ?? "all")}
          />
          <Select
            w={150}
            aria-label="Source"
            placeholder="Ours and external"
            clearable
            data={SOURCES}
            value={source ?? null}
            onChange={(value) => setSource(value === "ours" || value === "external" ? value : undefined)}
          />
          <BrokerFilter names={names} value={broker} onChange={onBroker} />
        </div>
        {isPhone ? (
          <ul className={classes.rows} aria-label="Orders">
            {rows.map((row) => (
              <Line key={keyOf(row)} order={row} />
            ))}
          </ul>
        ) : (
          <DataTable
            label="Orders"
            rows={rows}
            columns={columns}
            rowKey={keyOf}
            rowClass={rowClass}
            sortedBy={[{ id: "at", desc: true }]}
            minWidth={1_280}
          />
        )}
      </Section>
    </div>
  )
}

function Line({ order }: { order: BrokerOrder }) {
  return (
    <li className={`${classes.row} ${rowClass(order) ?? ""}`}>
      <span>
        <Side side={order.side} /> {quantity(order.quantity)} <strong>{order.symbol}</strong>{" "}
        <RowAge row={order} />
      </span>
      <OrderState order={order} />
      <span className={classes.small}>
        {order.order_type} {order.product}, filled {quantity(order.filled_quantity)}
        {order.average_price ? ` at ${price(order.average_price)}` : ""}
      </span>
      <span className={classes.small}>{moment(order.placed_at)}</span>
      <span className={classes.wide}>
        <Source order={order} /> <span className={classes.small}>{order.status_message}</span>
      </span>
    </li>
  )
}

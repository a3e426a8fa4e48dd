import { Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { moment, price, quantity } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { type RunTrade, tradesQuery } from "@/lib/queries/workers"
import classes from "./run.module.css"

const COLUMNS: Column<RunTrade>[] = [
  {
    id: "instrument",
    header: "Trade",
    isText: true,
    value: (t) => t.tradingsymbol,
    cell: (t) => (
      <>
        <span className={classes.side} data-side={t.transaction_type}>
          {t.transaction_type}
        </span>{" "}
        {quantity(t.quantity)} {t.exchange}:{t.tradingsymbol}
      </>
    ),
  },
  {
    id: "price",
    header: "Price (₹)",
    value: (t) => t.average_price,
    cell: (t) => price(t.average_price),
  },
  {
    id: "charges",
    header: "Charges",
    value: (t) => t.charges,
    cell: (t) => <Amount value={t.charges} />,
  },
  {
    id: "at",
    header: "Time (IST)",
    isText: true,
    value: (t) => t.fill_timestamp,
    cell: (t) => moment(t.fill_timestamp),
  },
  { id: "product", header: "Product", isText: true, value: (t) => t.product, cell: (t) => t.product },
  {
    id: "order",
    header: "Order",
    isText: true,
    value: (t) => t.order_id,
    cell: (t) => <span className="tt-muted">{t.order_id}</span>,
  },
]

/** The fills of the orders, newest first. */
export function TradesSection({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(tradesQuery(id))
  return (
    <Section title="Trades" note="Newest first, each with its charges." flush>
      {error && !data ? (
        <ErrorState error={error} what="The trades" retry={refetch} />
      ) : !data ? (
        <Skeleton height={140} m="md" />
      ) : data.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No fills yet.
        </Text>
      ) : (
        <DataTable label="Trades" rows={data} columns={COLUMNS} rowKey={(t) => t.trade_id} minWidth={760} />
      )}
    </Section>
  )
}

import { ActionIcon, Button, Group, SegmentedControl, Skeleton } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count, discreet, moment, price, quantity } from "@tradertape/ui/format.ts"
import { useScaled } from "@tradertape/ui/scaled.ts"
import { ListOrdered, Pencil, X } from "lucide-react"
import { type ReactNode, useMemo, useState } from "react"
import { SettleOrder } from "@/components/orders/settle-order"
import {
  averageColumn,
  filledColumn,
  filledWords,
  limitColumns,
  placedColumn,
  typeColumn,
} from "@/components/orders/term-columns"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { ScaledTrading } from "@/components/states/scaled-note"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import { symbolOf } from "@/lib/instrument"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type TradingOrder, tradingCalls, tradingOrdersQuery } from "@/lib/queries/trading"
import { Mode, Owner, Scaled, Side, State, Who } from "./cells"
import { TicketForm } from "./ticket/ticket-form"
import classes from "./trading.module.css"

const PAGE = 100
const MOST = 500
const NEWEST_FIRST = [{ id: "at", desc: true }]

/** Orders of all accounts: open ones, or all, newest first. */
export function OrdersTab({ action, isShown }: { action: ReactNode; isShown: boolean }) {
  const [shows, setShows] = useState<"open" | "all">("open")
  const [limit, setLimit] = useState(PAGE)
  const orders = useQuery(tradingOrdersQuery(shows === "open", limit))
  const [changed, setChanged] = useState<TradingOrder | null>(null)
  const rows = orders.data
  const scaled = rows?.filter((one) => one.scaled).length ?? 0
  useScaled(isShown && scaled > 0)
  if (orders.error && !rows)
    return <ErrorState error={orders.error} what="Your orders" retry={() => void orders.refetch()} />
  return (
    <Section
      title={rows ? count(rows.length, shows === "open" ? "open order" : "order") : "Orders"}
      note="Of all accounts: by hand, of GTTs and of runs."
      flush
      action={
        <SegmentedControl
          aria-label="Orders shown"
          value={shows}
          onChange={(value) => setShows(value === "open" ? "open" : "all")}
          data={[
            { value: "open", label: "Open" },
            { value: "all", label: "All" },
          ]}
        />
      }
    >
      {!rows ? (
        <Skeleton height={280} m="md" w="auto" />
      ) : rows.length === 0 ? (
        <EmptyState
          icon={<ListOrdered size={30} />}
          title={shows === "open" ? "No open orders" : "No orders yet"}
          action={action}
        >
          Orders of your paper accounts and of accounts at brokers appear here, whoever placed them.
        </EmptyState>
      ) : (
        <>
          <ScaledTrading m="md" shown={scaled > 0} some={scaled < rows.length && "other accounts"} />
          <Table rows={rows} onChange={setChanged} />
        </>
      )}
      {rows && rows.length === limit && limit < MOST && (
        <Group justify="center" p="sm">
          <Button variant="default" loading={orders.isFetching} onClick={() => setLimit(limit + PAGE)}>
            Show more
          </Button>
        </Group>
      )}
      {changed && <TicketForm order={changed} start={{}} onClose={() => setChanged(null)} />}
    </Section>
  )
}

function Actions({ order, onChange }: { order: TradingOrder; onChange: (order: TradingOrder) => void }) {
  const client = useQueryClient()
  const cancelling = useMutation({
    mutationFn: () => tradingCalls.cancel(order.order_id),
    onSuccess: (done) => notifyDone(`Order ${done.order_id}: ${done.status.toLowerCase()}`),
    onError: (error) => notifyFailure("The order was not cancelled", error),
    onSettled: () => client.invalidateQueries({ queryKey: ["trading"] }),
  })
  const symbol = symbolOf(order.instrument)
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      {order.can_change && (
        <ActionIcon aria-label={`Change the order on ${symbol}`} onClick={() => onChange(order)}>
          <Pencil size={15} />
        </ActionIcon>
      )}
      {order.in_doubt && (
        <SettleOrder
          orderId={order.order_id}
          what={`${quantity(order.quantity)} ${symbol}`}
          at={order.account_scope}
        />
      )}
      {order.can_cancel && (
        <ActionIcon
          aria-label={`Cancel the order on ${symbol}`}
          loading={cancelling.isPending}
          onClick={() => cancelling.mutate()}
        >
          <X size={15} />
        </ActionIcon>
      )}
    </Group>
  )
}

function columnsOf(onChange: (order: TradingOrder) => void): Column<TradingOrder>[] {
  return [
    {
      id: "instrument",
      header: "Instrument",
      isText: true,
      value: (o) => o.instrument,
      cell: (o) => <Who id={o.instrument} />,
    },
    {
      id: "side",
      header: "Side",
      isText: true,
      value: (o) => o.transaction_type,
      cell: (o) => <Side side={o.transaction_type} />,
    },
    {
      id: "state",
      header: "State",
      isText: true,
      value: (o) => o.status,
      cell: (o) => <State order={o} />,
    },
    filledColumn(),
    typeColumn(),
    ...limitColumns<TradingOrder>(),
    averageColumn(),
    {
      id: "account",
      header: "Account",
      isText: true,
      value: (o) => o.account_scope,
      cell: (o) => (
        <>
          {o.account_scope} {o.kind === "broker" && <Mode environment={o.environment} />}
          {o.scaled && <Scaled />}
        </>
      ),
    },
    {
      id: "owner",
      header: "Source",
      isText: true,
      value: (o) => o.run,
      cell: (o) => <Owner run={o.run} scope={o.account_scope} isExternal={o.is_external} />,
    },
    placedColumn((o) => o.placed_at),
    {
      id: "more",
      isPinned: true,
      header: <span className={classes.hidden}>Change, cancel or settle</span>,
      isSortable: false,
      value: () => null,
      cell: (o) => <Actions order={o} onChange={onChange} />,
    },
  ]
}

function Table({ rows, onChange }: { rows: TradingOrder[]; onChange: (order: TradingOrder) => void }) {
  const isPhone = useMediaQuery("(max-width: 699px)", false)
  const columns = useMemo(() => columnsOf(onChange), [onChange])
  if (isPhone)
    return (
      <ul className={classes.rows} aria-label="Orders">
        {rows.map((order) => (
          <li key={order.order_id} className={classes.row}>
            <span>
              <Side side={order.transaction_type} /> <Who id={order.instrument} />
            </span>
            <State order={order} />
            <span className={classes.small}>
              {order.order_type} {order.product}, filled {filledWords(order)}
              {order.price ? ` at ${price(order.price)}` : ""}
            </span>
            <Actions order={order} onChange={onChange} />
            <span className={`${classes.wide} ${classes.small}`}>
              {order.account_scope}
              {order.scaled && ", scaled"}, {moment(order.placed_at)},{" "}
              <Owner run={order.run} scope={order.account_scope} isExternal={order.is_external} />
              {order.status_message ? `. ${discreet(order.status_message)}` : ""}
            </span>
          </li>
        ))}
      </ul>
    )
  return (
    <DataTable
      label="Orders"
      rows={rows}
      columns={columns}
      rowKey={(o) => o.order_id}
      sortedBy={NEWEST_FIRST}
      minWidth={1_240}
      maxHeight={640}
    />
  )
}

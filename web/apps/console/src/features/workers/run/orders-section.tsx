import { Badge, Button, Skeleton, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { moment, number, words } from "@tradertape/ui/format.ts"
import { useMemo } from "react"
import type { Column } from "@/components/column"
import { DataTable } from "@/components/data-table"
import { ErrorState } from "@/components/error-state"
import { Section } from "@/components/section"
import { ordersQuery, type RunOrder, runCalls } from "@/lib/queries/workers"
import { tellDone, tellFailed } from "@/lib/tell"
import classes from "./run.module.css"

const OVER = new Set(["COMPLETE", "CANCELLED", "REJECTED"])
const COLORS: Record<string, string> = { COMPLETE: "green", REJECTED: "red", CANCELLED: "gray" }

const price = (value: number) => (value ? number(value, 2) : "–")

function orderColumns(onCancel: (order: RunOrder) => void): Column<RunOrder>[] {
  return [
    {
      id: "instrument",
      header: "Order",
      isText: true,
      value: (o) => o.tradingsymbol,
      cell: (o) => (
        <>
          <span className={classes.side} data-side={o.transaction_type}>
            {o.transaction_type}
          </span>{" "}
          {number(o.quantity)} {o.exchange}:{o.tradingsymbol}
        </>
      ),
    },
    {
      id: "status",
      header: "State",
      isText: true,
      value: (o) => o.status,
      cell: (o) => <Badge color={COLORS[o.status] ?? "iris"}>{words(o.status)}</Badge>,
    },
    {
      id: "type",
      header: "Type",
      isText: true,
      value: (o) => o.order_type,
      cell: (o) => `${o.order_type} ${o.product}${o.variety === "regular" ? "" : ` ${o.variety}`}`,
    },
    { id: "price", header: "Price", value: (o) => o.price, cell: (o) => price(o.price) },
    { id: "trigger", header: "Trigger", value: (o) => o.trigger_price, cell: (o) => price(o.trigger_price) },
    {
      id: "filled",
      header: "Filled",
      value: (o) => o.filled_quantity,
      cell: (o) => `${number(o.filled_quantity)} of ${number(o.quantity)}`,
    },
    {
      id: "average",
      header: "Average (₹)",
      value: (o) => o.average_price,
      cell: (o) => price(o.average_price),
    },
    {
      id: "at",
      header: "Placed (IST)",
      isText: true,
      value: (o) => o.order_timestamp,
      cell: (o) => moment(o.order_timestamp),
    },
    {
      id: "message",
      header: "Message",
      isText: true,
      isSortable: false,
      value: (o) => o.status_message,
      cell: (o) =>
        OVER.has(o.status) ? (
          (o.status_message ?? "")
        ) : (
          <Button variant="subtle" color="red" size="compact-xs" onClick={() => onCancel(o)}>
            Cancel {number(o.pending_quantity)} left
          </Button>
        ),
    },
  ]
}

/** The run's orders, newest first; open ones can be taken back. */
export function OrdersSection({ id, isOver }: { id: string; isOver: boolean }) {
  const { data, error, refetch } = useQuery(ordersQuery(id))
  const client = useQueryClient()
  const cancelling = useMutation({
    mutationFn: (order: RunOrder) => runCalls.cancelOrder(id, order.order_id),
    onSuccess: () => tellDone("The order is cancelled"),
    onError: (failure) => tellFailed("It was not cancelled", failure),
    onSettled: () => client.invalidateQueries({ queryKey: ordersQuery(id).queryKey }),
  })
  const { mutate } = cancelling
  const columns = useMemo(() => orderColumns(mutate), [mutate])
  return (
    <Section title="Orders" note={isOver ? "The run is closed: nothing rests." : "Newest first."} flush>
      {error && !data ? (
        <ErrorState error={error} what="The orders" retry={refetch} />
      ) : !data ? (
        <Skeleton height={140} m="md" />
      ) : data.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          The worker has placed no order yet.
        </Text>
      ) : (
        <DataTable label="Orders" rows={data} columns={columns} rowKey={(o) => o.order_id} minWidth={1_080} />
      )}
    </Section>
  )
}

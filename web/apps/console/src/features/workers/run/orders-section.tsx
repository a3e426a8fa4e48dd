import { Skeleton, Text } from "@mantine/core"
import { useMediaQuery } from "@mantine/hooks"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useMemo } from "react"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { DataTable } from "@/components/table/data-table"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { ordersQuery, type RunOrder, runCalls } from "@/lib/queries/workers"
import { orderColumns, phoneColumns } from "./order-columns"

/** In pixels: two lines of text, sometimes three. */
const PHONE_ROW_PX = 60

/** The run's orders, newest first; open orders can be cancelled. */
export function OrdersSection({ id, account, isOver }: { id: string; account: string; isOver: boolean }) {
  const { data, error, refetch } = useQuery(ordersQuery(id))
  const isPhone = useMediaQuery("(max-width: 699px)", false)
  const client = useQueryClient()
  const cancelling = useMutation({
    mutationFn: (order: RunOrder) => runCalls.cancelOrder(id, order.order_id),
    onSuccess: () => notifyDone("The order is cancelled"),
    onError: (failure) => notifyFailure("The order was not cancelled", failure),
    onSettled: () => client.invalidateQueries({ queryKey: ordersQuery(id).queryKey }),
  })
  const { mutate, isPending, variables } = cancelling
  const cancelled = isPending ? variables.order_id : undefined
  const columns = useMemo(
    () => (isPhone ? phoneColumns : orderColumns)(data ?? [], { account, onCancel: mutate, cancelled }),
    [isPhone, data, account, mutate, cancelled],
  )
  return (
    <Section title="Orders" note={isOver ? "The run is closed: no open orders." : "Newest first."} flush>
      {error && !data ? (
        <ErrorState error={error} what="The orders" retry={refetch} />
      ) : !data ? (
        <Skeleton height={140} m="md" />
      ) : data.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          The worker has not placed an order yet.
        </Text>
      ) : (
        <DataTable
          label="Orders"
          rows={data}
          columns={columns}
          rowKey={(o) => o.order_id}
          rowHeight={isPhone ? PHONE_ROW_PX : undefined}
          minWidth={isPhone ? undefined : 1_080}
        />
      )}
    </Section>
  )
}

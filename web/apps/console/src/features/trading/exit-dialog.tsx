import { Alert, Button, Group, List, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import type { ExitPositionsIn } from "@tradertape/api/generated/types.gen.ts"
import { count } from "@tradertape/ui/format.ts"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { symbolOf } from "@/lib/instrument"
import { notifyDone } from "@/lib/notify"
import { exitPlanQuery, tradingAccountsQuery, tradingCalls } from "@/lib/queries/trading"
import { modeOf } from "@/lib/trading-account"

export type ExitOf = Pick<ExitPositionsIn, "account_scope"> &
  Partial<Pick<ExitPositionsIn, "instrument" | "product">>

interface Props {
  of: ExitOf
  onClose: () => void
}

const DONE = {
  closed: "Closed",
  exiting: "Closing: see the orders",
  failed: "Not closed: see the orders",
  dry_run: "",
} as const

/** Says in numbers what an exit does, then does it. */
export function ExitDialog({ of, onClose }: Props) {
  const client = useQueryClient()
  const plan = useQuery(exitPlanQuery(of))
  const { data: accounts } = useQuery(tradingAccountsQuery)
  const mode = modeOf(accounts, of.account_scope)
  const exiting = useMutation({
    mutationFn: () => tradingCalls.exit(of),
    onSuccess: ({ status, orders }) => {
      notifyDone(`${DONE[status]}, ${count(orders.length, "order")}`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["trading"] }),
  })
  const what = of.instrument ? symbolOf(of.instrument) : `all positions on ${of.account_scope}`
  const closes = plan.data?.close ?? []
  return (
    <Dialog opened onClose={onClose} title={`Exit ${what}?`}>
      <Stack gap="sm">
        {plan.isPending && <Skeleton height={60} />}
        {plan.data && (
          <>
            <Text size="sm">
              {plan.data.cancel.length > 0
                ? `${count(plan.data.cancel.length, "open order")} on it will be cancelled, then at market:`
                : "At market, on this account:"}
            </Text>
            <List size="sm">
              {closes.map((line) => (
                <List.Item key={line}>{line}</List.Item>
              ))}
            </List>
            {closes.length === 0 && plan.data.not_at_broker.length === 0 && (
              <Text size="sm">There is no position to close.</Text>
            )}
            {plan.data.not_at_broker.length > 0 && (
              <Alert color="yellow" title="Not at your broker">
                {plan.data.not_at_broker.join(", ")}: no order is sent for them, and they stay open.
                Reconciliation shows the difference.
              </Alert>
            )}
            <Text size="xs" c="dimmed">
              Active GTTs and the positions of worker runs are left as they are.
            </Text>
          </>
        )}
        <Failure error={exiting.error ?? plan.error} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep
          </Button>
          <Button
            color="red"
            disabled={!mode || !plan.data || (closes.length === 0 && plan.data.cancel.length === 0)}
            loading={exiting.isPending}
            onClick={() => exiting.mutate()}
          >
            Exit {count(closes.length, "position")} at market · {mode}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

import { Button, Group, Skeleton, Stack, Text } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { exact } from "@tradertape/ui/format.ts"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { entryPreviewQuery, type OptionEntryPreview, optionCalls } from "@/lib/queries/option-runs"
import type { RunCard } from "@/lib/queries/workers"
import { marketOf } from "../../words"
import { enterVerb } from "../exit-words"
import classes from "../run.module.css"

/** Shows the entry orders with margin and charges, and places them on confirmation. */
export function EnterDialog({ card, onClose }: { card: RunCard; onClose: () => void }) {
  const id = card.strategy_run_id
  const client = useQueryClient()
  const market = marketOf(card)
  const preview = useQuery(entryPreviewQuery(id))
  const entering = useMutation({
    mutationFn: () => optionCalls.enter(id),
    onSuccess: ({ status }) => {
      notifyDone(status === "accepted" ? "The strategy is entered" : `The entry is ${status}`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["workers"] }),
  })
  return (
    <Dialog opened onClose={onClose} title={`Enter “${card.name}”?`} size="md">
      <Stack gap="sm">
        {preview.data ? <Orders entry={preview.data} /> : !preview.error && <Skeleton height={110} />}
        <Failure error={entering.error ?? preview.error} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button
            color={market === "live" ? "red" : undefined}
            disabled={!preview.data?.can_enter}
            loading={entering.isPending}
            onClick={() => entering.mutate()}
          >
            {preview.data ? enterVerb(preview.data, market) : "Enter"}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

function Orders({ entry }: { entry: OptionEntryPreview }) {
  const { basket, cost_contract: cost } = entry.preview
  const warnings = [...basket.warnings, ...basket.orders.flatMap((order) => order.warnings)]
  const messages = new Set(warnings.map((warning) => warning.message))
  return (
    <Stack gap={8}>
      <Text size="sm" fw={600}>
        Sends all of them or none, buy orders first:
      </Text>
      <ul className={classes.orders}>
        {basket.orders.map((order) => (
          <li key={order.tradingsymbol}>
            <span className={classes.side} data-side={order.transaction_type}>
              {order.transaction_type}
            </span>{" "}
            {exact.quantity(order.quantity)} {order.exchange}:{order.tradingsymbol} {order.order_type}{" "}
            {order.product}
          </li>
        ))}
      </ul>
      {cost && (
        <Text size="sm">
          Needs {exact.money(cost.margin_required)} and costs {exact.money(cost.total_charges)} in charges.
          Protection is armed at the fill prices.
        </Text>
      )}
      {[...messages].map((message) => (
        <Text key={message} size="sm" className="tt-warn">
          {message}
        </Text>
      ))}
    </Stack>
  )
}

import { Button, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count, exact, price } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Dialog } from "@/components/dialog/dialog"
import { Failure } from "@/components/states/failure"
import { notifyDone } from "@/lib/notify"
import { type ExitPlanOut, type Market, type RunCard, runCalls } from "@/lib/queries/workers"
import { MARKET_WORDS, marketOf } from "../words"
import { exitVerb } from "./exit-words"
import classes from "./run.module.css"

/** Shows which orders the exit would place, with their values, and exits on confirmation. */
export function ExitDialog({ card, onClose }: { card: RunCard; onClose: () => void }) {
  const id = card.strategy_run_id
  const client = useQueryClient()
  const market = marketOf(card)
  const [reason, setReason] = useState("")
  const [key] = useState(() => `console-exit-${crypto.randomUUID()}`)
  const plan = useQuery({
    queryKey: ["workers", "run", id, "exit-plan"],
    queryFn: () => runCalls.exitPlan(id),
    refetchInterval: 3_000,
    staleTime: 0,
  })
  const exiting = useMutation({
    mutationFn: () => runCalls.exit(id, reason || "exit by hand in the console", key),
    onSuccess: () => {
      notifyDone("The run is exiting")
      void client.invalidateQueries({ queryKey: ["workers"] })
      onClose()
    },
  })
  return (
    <Dialog opened onClose={onClose} title={`Exit “${card.name}”?`} size="lg">
      <Stack gap="sm">
        {plan.data ? <Plan plan={plan.data} market={market} /> : !plan.error && <Skeleton height={110} />}
        <TextInput
          label="Reason"
          placeholder="Optional; recorded in the timeline"
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Failure error={exiting.error ?? plan.error} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose} data-autofocus>
            Keep running
          </Button>
          <Button
            color="red"
            disabled={!plan.data}
            loading={exiting.isPending}
            onClick={() => exiting.mutate()}
          >
            {plan.data ? exitVerb(plan.data, market) : "Exit"}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

function Plan({ plan, market }: { plan: ExitPlanOut; market: Market }) {
  return (
    <Stack gap={8}>
      {plan.close.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            Sends {count(plan.close.length, "order")} to the {MARKET_WORDS[market].toLowerCase()} market:
          </Text>
          <ul className={classes.plan}>
            {plan.close.map((order) => (
              <li key={`${order.instrument} ${order.product}`}>
                <span>
                  <span className={classes.side} data-side={order.side}>
                    {order.side}
                  </span>{" "}
                  {exact.quantity(order.quantity)} {order.instrument} {order.order_type} {order.product}
                </span>
                <span className="tt-num">
                  {order.value === null ? "no price" : `${exact.money(order.value)} at ${price(order.price)}`}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <Text size="sm">
        {plan.cancel.length > 0
          ? `Cancels ${count(plan.cancel.length, "open order")}, then closes the run.`
          : plan.close.length > 0
            ? "Then the run is closed and cannot trade again."
            : "There is nothing to exit: the run is closed and cannot trade again."}
      </Text>
    </Stack>
  )
}

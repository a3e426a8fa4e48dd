import { Button, type ButtonProps } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { tradingCalls } from "@/lib/queries/trading"
import { Confirm } from "../dialog/confirm"

interface Props extends Pick<ButtonProps, "size"> {
  orderId: string
  /** Quantity and instrument, for the question. */
  what: string
  /** The account's broker, as people call it. */
  at: string
}

/** Settles an order in doubt, after asking: its owner has seen that the broker does not have it. */
export function SettleOrder({ orderId, what, at, size = "compact-xs" }: Props) {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const settling = useMutation({
    mutationFn: () => tradingCalls.settle(orderId),
    onSuccess: () => notifyDone(`Order ${orderId} is recorded as never placed`),
    onError: (error) => notifyFailure("The order was not settled", error),
    onSettled: () => {
      setAsking(false)
      return Promise.all(
        ["trading", "workers"].map((queryKey) => client.invalidateQueries({ queryKey: [queryKey] })),
      )
    },
  })
  return (
    <>
      <Button
        variant="light"
        color="yellow"
        size={size}
        aria-label={`Settle the order on ${what}`}
        onClick={() => setAsking(true)}
      >
        Settle
      </Button>
      {isAsking && (
        <Confirm
          opened
          title={`Was the order on ${what} never placed?`}
          verb="It was never placed"
          isBusy={settling.isPending}
          onConfirm={() => settling.mutate()}
          onClose={() => setAsking(false)}
        >
          {settleWords(at)}
        </Confirm>
      )}
    </>
  )
}

/** What settling does. at: the account. */
export const settleWords = (at: string) =>
  `The broker's answer to this order was lost. TraderTape never sends such an order again and looks for it in the broker's order book, which usually decides within two minutes. Settle it yourself only if that book cannot be read: look at the orders of ${at} in the broker's own app first. If the order is there, keep it. If it is not, it is recorded here as rejected, and nothing is sent to the broker. Should it appear in the broker's book later, it counts again.`

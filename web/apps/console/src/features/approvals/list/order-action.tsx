import { Button } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { modelCalls, refreshModels, type Signal } from "@/lib/queries/models"

/** Cancel an order that waits for its trigger, or return one that failed to the cart. */
export function OrderAction({ signal }: { signal: Signal }) {
  const client = useQueryClient()
  const isFailed = signal.status === "failed"
  const acting = useMutation({
    mutationFn: () => (isFailed ? modelCalls.retry(signal.id) : modelCalls.cancel(signal.id)),
    onSuccess: () =>
      notifyDone(`${signal.symbol}: ${isFailed ? "back in the cart" : "the order is cancelled"}`),
    onError: (error) => notifyFailure(`${signal.symbol} was not changed`, error),
    onSettled: () => refreshModels(client),
  })
  if (!isFailed && signal.status !== "approved") return null
  return (
    <Button
      size="compact-xs"
      variant="default"
      loading={acting.isPending}
      onClick={() => acting.mutate()}
      aria-label={`${isFailed ? "Try" : "Cancel the order of"} ${signal.symbol}${isFailed ? " again" : ""}`}
    >
      {isFailed ? "Try again" : "Cancel"}
    </Button>
  )
}

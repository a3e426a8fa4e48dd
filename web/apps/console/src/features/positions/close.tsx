import { Button } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count, money } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { type ModelPosition, modelCalls, refreshModels } from "@/lib/queries/models"

/** Sells the whole position, after saying for how much. */
export function Close({ position }: { position: ModelPosition }) {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const shares = count(position.open_quantity, "share")
  const closing = useMutation({
    mutationFn: () => modelCalls.close(position.id),
    onSuccess: () => notifyDone(`${position.symbol}: ${shares} sold`),
    onError: (error) => notifyFailure(`${position.symbol} was not sold`, error),
    onSettled: () => {
      setAsking(false)
      void refreshModels(client)
    },
  })
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Close position
      </Button>
      <Confirm
        opened={isAsking}
        title={`Sell ${shares} of ${position.symbol}?`}
        verb={`Sell for about ${money(position.market_value, 0)}`}
        isBusy={closing.isPending}
        onConfirm={() => closing.mutate()}
        onClose={() => setAsking(false)}
      >
        The position is closed at the last close less slippage and charges, and its stop and target end.
      </Confirm>
    </>
  )
}

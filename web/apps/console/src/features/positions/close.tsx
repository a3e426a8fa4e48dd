import { Button } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count, exact } from "@tradertape/ui/format.ts"
import { useState } from "react"
import { Confirm } from "@/components/dialog/confirm"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { modelCalls, refreshModels, type Story } from "@/lib/queries/models"

const AT_CLOSE =
  "The position is closed at the last close less slippage and charges, and its stop and target end."
const AT_MARKET =
  "A sale goes to the market now, or at the next open while it is shut. Its stop and target end first."

/** Sells the whole position, after saying for how much and with which money. */
export function Close({ story }: { story: Story }) {
  const { position, is_executed, paper_mode } = story
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const shares = count(position.open_quantity, "share")
  const mode = paper_mode ? "PAPER" : "LIVE"
  const closing = useMutation({
    mutationFn: () => modelCalls.close(position.id),
    onSuccess: () => notifyDone(`${position.symbol}: ${is_executed ? "the sale is under way" : "sold"}`),
    onError: (error) => notifyFailure(`${position.symbol} was not sold`, error),
    onSettled: () => {
      setAsking(false)
      void refreshModels(client)
    },
  })
  return (
    <>
      <Button
        variant={paper_mode ? "default" : "filled"}
        color={paper_mode ? undefined : "red"}
        disabled={position.status === "exit_pending"}
        onClick={() => setAsking(true)}
      >
        {position.status === "exit_pending" ? "Being sold" : "Close position"}
      </Button>
      <Confirm
        opened={isAsking}
        title={`Sell ${shares} of ${position.symbol}${paper_mode ? "" : " with real money"}?`}
        verb={`Sell for about ${exact.money(position.market_value, 0)} · ${mode}`}
        isBusy={closing.isPending}
        onConfirm={() => closing.mutate()}
        onClose={() => setAsking(false)}
      >
        {is_executed ? AT_MARKET : AT_CLOSE}
      </Confirm>
    </>
  )
}

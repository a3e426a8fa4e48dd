import { Button, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { exact } from "@tradertape/ui/format.ts"
import { useState } from "react"
import cards from "@/components/cards.module.css"
import { Confirm } from "@/components/confirm"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { environmentWord, legWords, stopWords, totalWords } from "@/lib/order-words"
import { calls, refresh, signalsQuery } from "@/lib/queries"
import type { Signal, Status } from "@/lib/types"

type Verdict = "approve" | "reject"

/** Approve or reject. Approving moves money: it says what, where and whether it is real, and asks twice. */
export function Decide({ signal, status }: { signal: Signal; status: Status }) {
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const deciding = useMutation({
    mutationFn: (verdict: Verdict) => calls.decide(signal.id, verdict),
    onSuccess: (_, verdict) => notifyDone(verdict === "approve" ? "Approved: it is placed now" : "Rejected"),
    onError: (error) => notifyFailure("It was not decided", error),
    onSettled: () => {
      setAsking(false)
      return refresh(client, signalsQuery)
    },
  })
  const what = `${signal.side === "SELL" ? "Sell" : "Buy"} ${signal.instrument}`
  const word = environmentWord(status.environment)
  const total = signal.order ? totalWords(signal.order) : "order"
  return (
    <>
      <div className={cards.buttons}>
        <Button data-main onClick={() => setAsking(true)}>
          Approve {total} · {word}
        </Button>
        <Button
          variant="default"
          onClick={() => deciding.mutate("reject")}
          loading={deciding.isPending && deciding.variables === "reject"}
        >
          Reject
        </Button>
      </div>
      {isAsking && (
        <Confirm
          title={`${what}?`}
          verb={`Place ${signal.order ? totalWords(signal.order, exact) : "order"} · ${word}`}
          color={status.environment === "live" ? "red" : "iris"}
          isBusy={deciding.isPending}
          onConfirm={() => deciding.mutate("approve")}
          onClose={() => setAsking(false)}
        >
          {signal.order?.legs.map((leg) => (
            <Text key={`${leg.trigger} ${leg.price}`} size="sm">
              {legWords(signal.side, leg, exact)}
            </Text>
          ))}
          {signal.order?.stop_pct && (
            <Text size="sm" mt={6}>
              {stopWords(signal.order.stop_pct)}
            </Text>
          )}
          <Text size="sm" c="dimmed" mt={6}>
            {status.environment === "live"
              ? `On your account at ${status.primary_title}, with real money.`
              : `At the sandbox, as ${status.primary_title}. No real money moves.`}
          </Text>
        </Confirm>
      )}
    </>
  )
}

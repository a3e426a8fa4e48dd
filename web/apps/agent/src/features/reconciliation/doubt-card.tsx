import { Badge, Button, Text, TextInput } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { discreet, exact, instant, quantity, sentence } from "@tradertape/ui/format.ts"
import { useState } from "react"
import cards from "@/components/cards.module.css"
import { Confirm } from "@/components/confirm"
import { candidateWords, isPrice, OUTCOMES, outcomeEffect } from "@/lib/correction-words"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { intentWords } from "@/lib/order-words"
import { calls, doubtsQuery, reconciliationQuery, refresh, signalsQuery } from "@/lib/queries"
import type { Candidate, Doubt, Outcome, Resolution } from "@/lib/types"
import classes from "./reconciliation.module.css"

interface Asked {
  outcome: Outcome
  trigger?: Candidate
}

/** An order whose outcome nobody knows: it is never sent again, and a person says what became of it. */
export function DoubtCard({ doubt }: { doubt: Doubt }) {
  const [asked, setAsked] = useState<Asked>()
  const others = doubt.outcomes.filter((one) => one !== "placed")
  const side = doubt.side === "SELL" ? "Sell" : "Buy"
  return (
    <article className={cards.card} data-tone="warn" aria-label={`Order in doubt: ${doubt.symbol}`}>
      <div className={cards.head}>
        <span className={cards.name}>
          {side} {quantity(doubt.quantity)} {doubt.symbol}
        </span>
        <Badge color={doubt.can_resolve ? "red" : "yellow"}>
          {doubt.can_resolve ? "Needs your word" : "The broker is being asked"}
        </Badge>
      </div>
      <p className="tt-muted">
        {intentWords(doubt)}. Sent {instant(doubt.asked_at)}.
      </p>
      {doubt.message && <p>{discreet(sentence(doubt.message))}</p>}
      {doubt.problem && <p className="tt-warn">{discreet(sentence(doubt.problem))}</p>}
      {!doubt.can_resolve && <p>Nothing to do yet: its book was read {doubt.looks} times so far.</p>}
      {doubt.outcomes.includes("placed") && (
        <Candidates doubt={doubt} onPick={(trigger) => setAsked({ outcome: "placed", trigger })} />
      )}
      {others.length > 0 && (
        <div className={cards.buttons}>
          {others.map((outcome) => (
            <Button key={outcome} variant="default" onClick={() => setAsked({ outcome })}>
              {OUTCOMES[outcome]}
            </Button>
          ))}
        </div>
      )}
      {asked && <ResolveDialog doubt={doubt} asked={asked} onClose={() => setAsked(undefined)} />}
    </article>
  )
}

function Candidates({ doubt, onPick }: { doubt: Doubt; onPick: (one: Candidate) => void }) {
  if (doubt.candidates.length === 0)
    return doubt.problem ? null : <p>The broker's list has no trigger that may be this one.</p>
  return (
    <>
      <p>These triggers of the broker's list may be this one:</p>
      <ul className={classes.list}>
        {doubt.candidates.map((one) => (
          <li key={one.venue_id} className={classes.line}>
            <div>
              {candidateWords(one, doubt.side)}
              <div className="tt-muted">
                {sentence(one.status)}
                {one.created_at ? ` · ${instant(one.created_at)}` : ""}
              </div>
            </div>
            <Button
              variant="default"
              onClick={() => onPick(one)}
              aria-label={`Trigger ${one.venue_id} is mine`}
            >
              {OUTCOMES.placed}
            </Button>
          </li>
        ))}
      </ul>
    </>
  )
}

function ResolveDialog({ doubt, asked, onClose }: { doubt: Doubt; asked: Asked; onClose: () => void }) {
  const client = useQueryClient()
  const [filled, setFilled] = useState(String(doubt.filled || doubt.quantity))
  const [average, setAverage] = useState("")
  const resolving = useMutation({
    mutationFn: (said: Resolution) => calls.resolve(doubt.key, said),
    onSuccess: () => notifyDone("Recorded"),
    onError: (error) => notifyFailure("It was not recorded", error),
    onSettled: () => {
      onClose()
      return refresh(client, doubtsQuery, reconciliationQuery, signalsQuery)
    },
  })
  const said = saidOf(asked, filled.trim(), average.trim())
  return (
    <Confirm
      title={`${OUTCOMES[asked.outcome]}?`}
      verb={OUTCOMES[asked.outcome]}
      isBusy={resolving.isPending}
      isDisabled={!said}
      onConfirm={() => said && resolving.mutate(said)}
      onClose={onClose}
    >
      {asked.trigger && <Text size="sm">{candidateWords(asked.trigger, doubt.side, exact)}.</Text>}
      <Text size="sm" mt={asked.trigger ? 6 : 0}>
        {outcomeEffect(doubt, asked.outcome)}
      </Text>
      {asked.outcome === "filled" && (
        <>
          <TextInput
            mt="sm"
            label="Units filled"
            inputMode="numeric"
            value={filled}
            onChange={(event) => setFilled(event.currentTarget.value)}
          />
          <TextInput
            mt="sm"
            label="Average price in rupees"
            inputMode="decimal"
            value={average}
            onChange={(event) => setAverage(event.currentTarget.value)}
          />
        </>
      )}
      <Text size="sm" c="dimmed" mt={6}>
        Nothing is sent to the broker. The cloud is told. Your word cannot be taken back: look at the broker's
        own app first.
      </Text>
    </Confirm>
  )
}

function saidOf({ outcome, trigger }: Asked, filled: string, average: string): Resolution | undefined {
  if (outcome === "placed") return trigger && { outcome, venue_id: trigger.venue_id }
  if (outcome !== "filled") return { outcome }
  if (!/^[1-9]\d*$/.test(filled) || !isPrice(average)) return undefined
  return { outcome, filled: Number(filled), average_price: average }
}

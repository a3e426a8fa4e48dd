import { Badge, Button } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Section } from "@tradertape/ui/components/section.tsx"
import { discreet, instant, quantity, sentence, signedQuantity } from "@tradertape/ui/format.ts"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { intentWords } from "@/lib/order-words"
import { calls, reconciliationQuery, refresh } from "@/lib/queries"
import type { Correction, SentOrder } from "@/lib/types"
import classes from "./reconciliation.module.css"

/** Corrective orders, the newest first: those that are open can be cancelled. */
export function CorrectiveOrders({ orders }: { orders: SentOrder[] }) {
  if (orders.length === 0) return null
  return (
    <Section title="Corrective orders">
      <ul className={classes.list}>
        {orders.map((one) => (
          <OrderLine key={one.key} order={one} />
        ))}
      </ul>
    </Section>
  )
}

function OrderLine({ order }: { order: SentOrder }) {
  const client = useQueryClient()
  const cancelling = useMutation({
    mutationFn: () => calls.cancelCorrection(order.key),
    onSuccess: () => notifyDone("The broker was asked to cancel it"),
    onError: (error) => notifyFailure("It was not cancelled", error),
    onSettled: () => refresh(client, reconciliationQuery),
  })
  return (
    <li className={classes.line}>
      <div>
        <strong>
          {order.side === "SELL" ? "Sell" : "Buy"} {quantity(order.quantity)} {order.symbol}
        </strong>
        <div className="tt-muted">
          {intentWords(order)} · {instant(order.asked_at)}
        </div>
        {order.message && <div className="tt-muted">{sentence(order.message)}</div>}
      </div>
      {order.state === "resting" && (
        <Button
          variant="default"
          loading={cancelling.isPending}
          onClick={() => cancelling.mutate()}
          aria-label={`Cancel the order for ${order.symbol}`}
        >
          Cancel order
        </Button>
      )}
    </li>
  )
}

/** What was adopted and written off; it stays to be read after it was undone. */
export function Corrections({ corrections }: { corrections: Correction[] }) {
  if (corrections.length === 0) return null
  return (
    <Section title="Corrections" note="Entries beside the books, kept on this machine.">
      <ul className={classes.list}>
        {corrections.map((one) => (
          <CorrectionLine key={one.id} correction={one} />
        ))}
      </ul>
    </Section>
  )
}

function CorrectionLine({ correction: one }: { correction: Correction }) {
  const client = useQueryClient()
  const undoing = useMutation({
    mutationFn: () => calls.undoCorrection(one.id),
    onSuccess: () => notifyDone(`Undone: the difference of ${one.symbol} shows from the next comparison`),
    onError: (error) => notifyFailure("It was not undone", error),
    onSettled: () => refresh(client, reconciliationQuery),
  })
  const act = one.action === "adopt" ? "Adopted" : "Written off"
  return (
    <li className={classes.line}>
      <div>
        <strong>
          {act} {quantity(Math.abs(one.units))} {one.symbol}
        </strong>{" "}
        {one.undone_at && <Badge color="gray">Undone</Badge>}
        <div className="tt-muted">
          {signedQuantity(one.units)} in the comparison since {instant(one.made_at)}
          {one.undone_at ? `, undone ${instant(one.undone_at)}` : ""}
        </div>
        {one.note && <div className="tt-muted">{discreet(one.note)}</div>}
      </div>
      {!one.undone_at && (
        <Button
          variant="default"
          loading={undoing.isPending}
          onClick={() => undoing.mutate()}
          aria-label={`Undo the correction of ${one.symbol}`}
        >
          Undo
        </Button>
      )}
    </li>
  )
}

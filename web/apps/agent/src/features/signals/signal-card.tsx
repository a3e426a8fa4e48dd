import { Badge } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { EnvironmentChip } from "@tradertape/ui/components/environment-chip.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { discreet, instant, money, sentence, unitPrice } from "@tradertape/ui/format.ts"
import cards from "@/components/cards.module.css"
import { convictionWords, intentWords, isStop, legWords, progressOf, stopWords } from "@/lib/order-words"
import { statusQuery } from "@/lib/queries"
import type { Signal } from "@/lib/types"
import { Decide } from "./decide"

/** One signal: what it will place in numbers, why, how far it is, and the decision. */
export function SignalCard({ signal }: { signal: Signal }) {
  const { data: status } = useQuery(statusQuery)
  const progress = progressOf(signal)
  return (
    <article className={cards.card} aria-label={`Signal ${signal.id}`}>
      <div className={cards.head}>
        <span className={cards.name}>
          {signal.side === "SELL" ? "Sell" : "Buy"} {signal.instrument ?? `signal ${signal.id}`}
          {status && <EnvironmentChip environment={status.environment} />}
        </span>
        <Badge color={progress.tone}>{progress.text}</Badge>
      </div>
      {signal.problem && <p className="tt-loss">{sentence(signal.problem)}</p>}
      <Order signal={signal} />
      {signal.why && <p className="tt-muted">{sentence(signal.why)}</p>}
      {signal.denials?.map((why) => (
        <p key={why} className="tt-loss">
          The risk rules refuse it: {why}
        </p>
      ))}
      {signal.state !== "waiting" && signal.reason && (
        <p className="tt-muted">{discreet(sentence(signal.reason))}</p>
      )}
      {signal.intents.map((intent) => (
        <p key={intent.key} style={{ marginBottom: 0 }}>
          {intentWords(intent)}. {discreet(intent.message)}
        </p>
      ))}
      {signal.can_decide && status && <Decide signal={signal} status={status} />}
    </article>
  )
}

function Order({ signal }: { signal: Signal }) {
  const { order } = signal
  const isDue = (signal.state !== "ended" || signal.waits_in_cloud) && !signal.intents.some(isStop)
  return (
    <>
      {order?.legs.map((leg) => (
        <p key={`${leg.trigger} ${leg.price}`} style={{ margin: "8px 0 0" }}>
          {legWords(signal.side, leg)}
          {leg.amount !== null && <span className="tt-muted"> = {money(leg.amount)}</span>}
        </p>
      ))}
      {order?.problem && (
        <p className="tt-warn">It cannot be placed as it is now: {discreet(order.problem)}</p>
      )}
      {isDue && order?.stop_pct && <p className="tt-muted">{stopWords(order.stop_pct)}</p>}
      <dl className={cards.facts}>
        {signal.stop_price && <Stat label="Stop" value={unitPrice(signal.stop_price)} />}
        {signal.target_price && <Stat label="Target" value={unitPrice(signal.target_price)} />}
        {isDue && order?.risk && <Stat label="Loss at the stop" value={<Amount value={order.risk} />} />}
        {signal.kind === "entry" && signal.conviction && (
          <Stat label="Conviction" value={convictionWords(signal.conviction)} />
        )}
        {signal.expires_at && <Stat label="Valid until" value={instant(signal.expires_at)} />}
      </dl>
    </>
  )
}

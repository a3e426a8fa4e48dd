import { Badge } from "@mantine/core"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { money, percent, quantity, sentence, signedQuantity } from "@tradertape/ui/format.ts"
import cards from "@/components/cards.module.css"
import type { Drift } from "@/lib/types"
import { DriftActions } from "./drift-actions"
import { causeOf, stepOf } from "./drift-words"

/** One symbol in which the broker has other than the cloud expects. */
export function DriftCard({ drift }: { drift: Drift }) {
  const isNew = !drift.is_flagged && !drift.ignored
  return (
    <article
      className={cards.card}
      data-tone={drift.ignored || isNew ? undefined : "warn"}
      aria-label={`Drift of ${drift.symbol}`}
    >
      <div className={cards.head}>
        <span className={cards.name}>{drift.symbol}</span>
        <Badge color={drift.ignored ? "gray" : isNew ? "iris" : "yellow"}>
          {drift.ignored ? "Ignored" : isNew ? "Seen once" : causeOf(drift)}
        </Badge>
      </div>
      <dl className={cards.facts} data-three>
        <Stat label="Cloud expects" value={quantity(drift.cloud_qty)} />
        <Stat label="Broker has" value={quantity(drift.broker_qty)} note={parts(drift)} />
        <Stat label="Difference" value={signedQuantity(drift.difference)} note={money(drift.value, 0)} />
      </dl>
      {drift.evidence.length > 0 && (
        <p className="tt-muted">
          {sentence(drift.evidence.join("; "))} (confidence {percent(drift.confidence * 100, 0)}).
        </p>
      )}
      {!drift.ignored && <p>{stepOf(drift)}</p>}
      <DriftActions drift={drift} />
    </article>
  )
}

const PARTS = [
  ["holdings", "settled"],
  ["t1", "unsettled"],
  ["positions_cnc", "today"],
  ["pledged", "pledged"],
  ["mtf", "margin funded"],
] as const

function parts({ broker_detail: detail }: Drift): string {
  return PARTS.filter(([name]) => detail[name] !== 0)
    .map(([name, word]) => `${quantity(detail[name])} ${word}`)
    .join(", ")
}

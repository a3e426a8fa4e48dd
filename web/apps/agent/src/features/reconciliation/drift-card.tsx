import { Badge, Button } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, money, number, percent, sentence, signed } from "@tradertape/ui/format.ts"
import cards from "@/components/cards.module.css"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { calls, reconciliationQuery, refresh } from "@/lib/queries"
import type { Drift } from "@/lib/types"
import { causeOf, stepOf } from "./drift-words"

/** One symbol in which the broker has other than the cloud expects. */
export function DriftCard({ drift, cloudUrl }: { drift: Drift; cloudUrl: string | undefined }) {
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
      <dl className={cards.facts}>
        <Stat label="Cloud expects" value={number(drift.cloud_qty)} />
        <Stat label="Broker has" value={number(drift.broker_qty)} note={parts(drift)} />
        <Stat label="Difference" value={signed(drift.difference, 0)} note={money(drift.value, 0)} />
      </dl>
      {drift.evidence.length > 0 && (
        <p className="tt-muted">
          {sentence(drift.evidence.join("; "))} (confidence {percent(drift.confidence * 100, 0)}).
        </p>
      )}
      {!drift.ignored && <p>{stepOf(drift)}</p>}
      <Ignoring drift={drift} cloudUrl={cloudUrl} />
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
    .map(([name, word]) => `${number(detail[name])} ${word}`)
    .join(", ")
}

function Ignoring({ drift, cloudUrl }: { drift: Drift; cloudUrl: string | undefined }) {
  const client = useQueryClient()
  const ignoring = useMutation({
    mutationFn: async () => {
      await (drift.ignored
        ? calls.unignore(drift.symbol)
        : calls.ignore(drift.symbol, drift.difference, null))
      await calls.poll()
    },
    onSuccess: () =>
      notifyDone(
        drift.ignored
          ? `${drift.symbol} is shown again from the next comparison`
          : `${count(Math.abs(drift.difference), "share")} of ${drift.symbol} are ignored; another difference shows`,
      ),
    onError: (error) => notifyFailure("It was not changed", error),
    onSettled: () => refresh(client, reconciliationQuery),
  })
  return (
    <div className={cards.buttons}>
      {cloudUrl && !drift.ignored && (
        <Button
          variant="default"
          component="a"
          href={`${cloudUrl}/reconciliation`}
          target="_blank"
          rel="noreferrer"
        >
          Open the console
        </Button>
      )}
      <Button variant="default" loading={ignoring.isPending} onClick={() => ignoring.mutate()}>
        {drift.ignored ? "Show again" : "Ignore this difference"}
      </Button>
    </div>
  )
}

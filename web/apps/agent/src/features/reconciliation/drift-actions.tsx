import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { useState } from "react"
import cards from "@/components/cards.module.css"
import { actionWords } from "@/lib/correction-words"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { calls, reconciliationQuery, refresh, statusQuery } from "@/lib/queries"
import type { Drift, DriftAction } from "@/lib/types"
import { CorrectDialog } from "./correct-dialog"
import { needsConsole } from "./drift-words"
import { OrderDialog } from "./order-dialog"

const ASKED: Exclude<DriftAction, "ignore">[] = ["adopt", "write_off", "corrective_order"]

/** What may be done about a difference now. Each opens a question that says in numbers what will happen. */
export function DriftActions({ drift }: { drift: Drift }) {
  const { data: status } = useQuery(statusQuery)
  const [open, setOpen] = useState<DriftAction>()
  const close = () => setOpen(undefined)
  const offered = drift.ignored ? [] : ASKED.filter((one) => drift.actions.includes(one))
  return (
    <>
      {!drift.ignored && drift.blocked && (
        <p className="tt-muted">Nothing to correct now: {drift.blocked}.</p>
      )}
      <div className={cards.buttons}>
        {offered.map((action) => (
          <Button key={action} variant="default" onClick={() => setOpen(action)}>
            {actionWords(action, drift)}
          </Button>
        ))}
        <Ignoring drift={drift} />
        {status && !drift.ignored && needsConsole(drift) && <ToConsole url={status.cloud_url} />}
      </div>
      {(open === "adopt" || open === "write_off") && (
        <CorrectDialog drift={drift} action={open} onClose={close} />
      )}
      {open === "corrective_order" && status && <OrderDialog drift={drift} status={status} onClose={close} />}
    </>
  )
}

function ToConsole({ url }: { url: string }) {
  return (
    <Button variant="default" component="a" href={`${url}/reconciliation`} target="_blank" rel="noreferrer">
      Open the console
    </Button>
  )
}

function Ignoring({ drift }: { drift: Drift }) {
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
    <Button variant="default" loading={ignoring.isPending} onClick={() => ignoring.mutate()}>
      {drift.ignored ? "Show again" : "Ignore this difference"}
    </Button>
  )
}

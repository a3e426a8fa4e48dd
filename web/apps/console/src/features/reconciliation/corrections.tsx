import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { count, date, discreet, instant, quantity, unitPrice } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import { symbolOf } from "@/lib/instrument"
import { notifyFailure } from "@/lib/notify"
import {
  type Correction,
  correctionsQuery,
  type Reconciliation,
  reconciliationCalls,
} from "@/lib/queries/reconciliation"
import { BuyBack } from "./buy-back"
import classes from "./reconciliation.module.css"
import { DONE } from "./words"

/** What was adopted, written off or applied, each with its undo. */
export function Corrections({ onReport }: { onReport: (next: Reconciliation) => void }) {
  const client = useQueryClient()
  const { data } = useQuery(correctionsQuery)
  const undoing = useMutation({
    mutationFn: (row: Correction) => reconciliationCalls.undo(row.id),
    onSuccess: (report) => {
      onReport(report)
      void client.invalidateQueries({ queryKey: correctionsQuery.queryKey })
    },
    onError: (error) => notifyFailure("Nothing was undone", error),
  })
  if (!data || data.length === 0) return null
  return (
    <Section title={count(data.length, "correction")} note="Undone ones are kept for the record" flush>
      <ul className={classes.list} aria-label="Corrections">
        {data.map((row) => (
          <li key={row.id} className={classes.item}>
            <div className={classes.foot}>
              <span>
                {DONE[row.action]} {quantity(Math.abs(row.units))} units of {symbolOf(row.instrument)}
                {row.price != null && row.traded_on && (
                  <>
                    {" "}
                    at {unitPrice(row.price)}, {date(row.traded_on)}
                  </>
                )}
                {row.note ? `: ${discreet(row.note)}` : ""}{" "}
                <span className={classes.small}>
                  {row.scope}, {instant(row.created_at)}
                  {row.undone_at ? `, undone ${instant(row.undone_at)}` : ""}
                </span>
              </span>
              {!row.undone_at && (
                <span className={classes.choices}>
                  {row.action === "write_off" && (
                    <BuyBack account={row.scope} instrument={row.instrument} units={-row.units} />
                  )}
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={`Undo the correction of ${symbolOf(row.instrument)}`}
                    loading={undoing.isPending && undoing.variables.id === row.id}
                    onClick={() => undoing.mutate(row)}
                  >
                    Undo
                  </Button>
                </span>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  )
}

import { Button } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Section } from "@tradertape/ui/components/section.tsx"
import { instant, signedQuantity } from "@tradertape/ui/format.ts"
import { notifyFailure } from "@/lib/notify"
import { calls, reconciliationQuery, refresh } from "@/lib/queries"
import type { Ignore } from "@/lib/types"
import classes from "./settings.module.css"

/** Symbols that the comparison with the cloud leaves out. */
export function Ignored() {
  const { data } = useQuery(reconciliationQuery)
  if (!data) return null
  const { ignores } = data
  return (
    <Section
      title="Ignored in reconciliation"
      note={
        ignores.length === 0
          ? "None. A difference is ignored where it is shown, under Reconciliation."
          : undefined
      }
    >
      {ignores.map((one) => (
        <Line key={one.symbol} ignore={one} />
      ))}
    </Section>
  )
}

function Line({ ignore }: { ignore: Ignore }) {
  const client = useQueryClient()
  const ending = useMutation({
    mutationFn: () => calls.unignore(ignore.symbol),
    onError: (error) => notifyFailure("It is still ignored", error),
    onSettled: () => refresh(client, reconciliationQuery),
  })
  const what =
    ignore.difference === null ? "any difference" : `a difference of ${signedQuantity(ignore.difference)}`
  return (
    <div className={classes.line}>
      <span>
        {ignore.symbol}: {what}
        {ignore.until ? ` until ${instant(ignore.until)}` : ""}
      </span>
      <Button variant="default" loading={ending.isPending} onClick={() => ending.mutate()}>
        Show again
      </Button>
    </div>
  )
}

import { useQuery } from "@tanstack/react-query"
import { count } from "@tradertape/ui/format.ts"
import { overviewOfModelsQuery } from "@/lib/queries/models"
import classes from "./navigation.module.css"

/** How many signals wait for a decision; nothing while none does. */
export function WaitingBadge() {
  const { data } = useQuery(overviewOfModelsQuery)
  const waiting = data?.waiting.pending ?? 0
  if (waiting === 0) return null
  return (
    <span className={classes.badge} role="img" aria-label={`${count(waiting, "signal")} to decide`}>
      {waiting > 99 ? "99+" : waiting}
    </span>
  )
}

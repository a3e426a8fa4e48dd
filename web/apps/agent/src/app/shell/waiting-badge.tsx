import { useQuery } from "@tanstack/react-query"
import { statusQuery } from "@/lib/queries"
import classes from "./frame.module.css"

/** How many signals wait for a decision. */
export function WaitingBadge() {
  const { data } = useQuery(statusQuery)
  if (!data || data.waiting_signals === 0) return null
  return (
    <span className={classes.badge} role="img" aria-label={`${data.waiting_signals} to decide`}>
      {data.waiting_signals}
    </span>
  )
}

import { age } from "@tradertape/ui/format.ts"
import { isRiskPending, type RunPage } from "@/lib/queries/workers"
import { useNow } from "@/lib/use-now"

/** Since when the controls are in force, and whether the worker has received the last change. */
export function RiskState({ page }: { page: RunPage }) {
  const now = useNow(5_000)
  const { risk_changed_at: changedAt } = page
  if (!changedAt) return "As set by the worker when it created the run."
  const when = `Changed ${age(changedAt, now)}`
  if (!isRiskPending(page)) return `${when}; in force, and read by the worker.`
  return (
    <span className="tt-warn">
      {when}. The server's limits are in force; the worker reads them at its next heartbeat.
    </span>
  )
}

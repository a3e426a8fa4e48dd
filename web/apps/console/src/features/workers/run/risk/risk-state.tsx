import { age } from "@tradertape/ui/format.ts"
import { isRiskPending, type RunPage } from "@/lib/queries/workers"
import { useNow } from "@/lib/use-now"

/** Whether the worker has received the last change. */
export function RiskState({ page }: { page: RunPage }) {
  const now = useNow(5_000)
  const { risk_changed_at: changedAt } = page
  if (!changedAt) return "As set by the worker when it created the run."
  const when = `Changed ${age(changedAt, now)}`
  if (!isRiskPending(page)) return `${when}; applied by the worker.`
  return <span className="tt-warn">{when}. Pending: the worker applies them at its next heartbeat.</span>
}

import { age } from "@tradertape/ui/format.ts"
import { isRiskPending, type RunPage } from "@/lib/queries/workers"
import { useNow } from "@/lib/use-now"

/** Whether the worker has heard of the last change. */
export function RiskState({ page }: { page: RunPage }) {
  const now = useNow(5_000)
  const { risk_changed_at: changedAt } = page
  if (!changedAt) return "As the worker set them when it made the run."
  const when = `Changed ${age(changedAt, now)}`
  if (!isRiskPending(page)) return `${when}; the worker was heard since and works with them.`
  return <span className="tt-warn">{when}. Pending: the worker takes them with its next heartbeat.</span>
}

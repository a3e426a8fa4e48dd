import { Button, Checkbox } from "@mantine/core"
import { useHotkeys } from "@mantine/hooks"
import { getRouteApi } from "@tanstack/react-router"
import { count } from "@tradertape/ui/format.ts"
import { CircleCheckBig } from "lucide-react"
import { useState } from "react"
import { LinkButton } from "@/components/page/link-button"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Portfolio, Signal } from "@/lib/queries/models"
import { useNow } from "@/lib/use-now"
import classes from "./approvals.module.css"
import { SignalDetail } from "./detail/signal-detail"
import { after, currentOf, moved } from "./list/cursor"
import { SignalRow } from "./list/signal-row"
import { type Decision, useDecide } from "./use-decide"

const route = getRouteApi("/frame/approvals")

interface Props {
  signals: readonly Signal[]
  total: number
  portfolios: ReadonlyMap<number, Portfolio>
}

/** The signals that wait, the one at the cursor in full, and A and R to decide. */
export function Queue({ signals, total, portfolios }: Props) {
  const { signal: chosen } = route.useSearch()
  const navigate = route.useNavigate()
  const now = useNow()
  const [ticked, setTicked] = useState<readonly number[]>([])
  const decide = useDecide()
  const current = currentOf(signals, chosen)
  const marked = signals.filter(({ id }) => ticked.includes(id)).map(({ id }) => id)
  const go = (id: number | undefined) =>
    void navigate({ search: (all) => ({ ...all, signal: id }), replace: true, resetScroll: false })
  const on = (ids: number[], decision: Decision) => {
    if (ids.length === 0 || decide.isPending) return
    go(after(signals, ids, current?.id))
    setTicked((all) => all.filter((id) => !ids.includes(id)))
    decide.mutate({ ids, decision })
  }
  const own = current ? [current.id] : []
  const toggle = (id: number) =>
    setTicked((all) => (all.includes(id) ? all.filter((one) => one !== id) : [...all, id]))
  useHotkeys([
    ["a", () => on(own, "approve")],
    ["r", () => on(own, "reject")],
    ["shift+A", () => on(marked, "approve")],
    ["shift+R", () => on(marked, "reject")],
    ["j", () => go(moved(signals, current?.id, 1))],
    ["k", () => go(moved(signals, current?.id, -1))],
    ["x", () => current && toggle(current.id)],
  ])
  if (!current) return <NothingWaits />
  return (
    <div className={classes.split}>
      <Section
        title="Waiting for your decision"
        note={
          total > signals.length ? `The newest ${signals.length} of ${total}` : "The best of each day first"
        }
        flush
      >
        <div className={classes.tools}>
          <Checkbox
            label="All"
            checked={marked.length === signals.length}
            indeterminate={marked.length > 0 && marked.length < signals.length}
            onChange={(event) => setTicked(event.currentTarget.checked ? signals.map(({ id }) => id) : [])}
          />
          <Button size="xs" disabled={marked.length === 0} onClick={() => on(marked, "approve")}>
            Approve {marked.length > 0 && count(marked.length, "signal")}
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={marked.length === 0}
            onClick={() => on(marked, "reject")}
          >
            Reject {marked.length > 0 && marked.length}
          </Button>
        </div>
        <ul className={classes.list} aria-label="Signals">
          {signals.map((signal) => (
            <SignalRow
              key={signal.id}
              signal={signal}
              portfolio={portfolios.get(signal.portfolio_id)}
              now={now}
              isCurrent={signal.id === current.id}
              isTicked={ticked.includes(signal.id)}
              onOpen={() => go(signal.id)}
              onTick={() => toggle(signal.id)}
            />
          ))}
        </ul>
      </Section>
      <SignalDetail
        key={current.id}
        signal={current}
        portfolio={portfolios.get(current.portfolio_id)}
        now={now}
        isBusy={decide.isPending}
        onDecide={(decision) => on([current.id], decision)}
      />
    </div>
  )
}

function NothingWaits() {
  return (
    <Section title="Waiting for your decision">
      <EmptyState
        icon={<CircleCheckBig size={28} />}
        title="Nothing waits for you"
        action={
          <LinkButton to="/portfolios" variant="default">
            Your portfolios
          </LinkButton>
        }
      >
        After each trading day the portfolios are scanned, and what they propose to buy appears here. Approve
        it with A or reject it with R; what is approved goes to the cart.
      </EmptyState>
    </Section>
  )
}

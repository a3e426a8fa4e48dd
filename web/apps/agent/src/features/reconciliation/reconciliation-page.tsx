import { useQuery } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { age, count, money, number } from "@tradertape/ui/format.ts"
import { CircleCheck } from "lucide-react"
import cards from "@/components/cards.module.css"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { PollNow } from "@/components/poll-now"
import { Failed } from "@/components/problems"
import { doubtsQuery, reconciliationQuery } from "@/lib/queries"
import type { Reconciliation } from "@/lib/types"
import { useNow } from "@/lib/use-now"
import { DoubtCard } from "./doubt-card"
import { DriftCard } from "./drift-card"
import { STATUS } from "./drift-words"
import { Corrections, CorrectiveOrders } from "./history"

/** The cloud's expectation beside the broker's shares, in real units. */
export function ReconciliationPage() {
  return (
    <Page
      title="Reconciliation"
      note="Every cycle compares the primary broker's shares with the cloud's open positions. Nothing is corrected by itself: each button says in numbers what it does, and asks first."
      action={<PollNow label="Compare now" />}
    >
      <Doubts />
      <Loaded query={useQuery(reconciliationQuery)} what="The comparison" shape={[90, 160]}>
        {(found) => <Compared found={found} />}
      </Loaded>
    </Page>
  )
}

function Compared({ found }: { found: Reconciliation }) {
  const now = useNow()
  const { summary } = found
  return (
    <>
      <section
        className={cards.card}
        aria-label="Comparison"
        data-tone={found.status === "ok" ? undefined : "warn"}
      >
        <div className={cards.head}>
          <span className={cards.name}>{STATUS[found.status]}</span>
          <span className="tt-muted">{found.checked_at ? `compared ${age(found.checked_at, now)}` : ""}</span>
        </div>
        {summary.symbols !== undefined && (
          <dl className={cards.facts}>
            <Stat label="Symbols" value={number(summary.symbols)} />
            <Stat label="Drift" value={number(summary.drift)} />
            <Stat label="Ignored" value={number(summary.ignored)} />
            <Stat label="Worth of the drift" value={money(summary.value_at_risk, 0)} />
          </dl>
        )}
      </section>
      {/* Above the differences: their cards come, go and grow with each comparison, and a button that
          moves between press and release is not clicked. */}
      <CorrectiveOrders orders={found.orders} />
      {found.items.length === 0 && found.checked_at ? (
        <EmptyState icon={<CircleCheck size={30} />} title="No difference">
          The broker has exactly what the cloud expects, in {count(summary.symbols ?? 0, "symbol")}.
        </EmptyState>
      ) : (
        <div className={cards.grid}>
          {found.items.map((one) => (
            <DriftCard key={one.symbol} drift={one} />
          ))}
        </div>
      )}
      <Corrections corrections={found.corrections} />
    </>
  )
}

/** Orders whose outcome is unknown come first: they block corrections of their symbol. */
function Doubts() {
  const { data, error, refetch } = useQuery(doubtsQuery)
  if (data === undefined)
    return error ? <Failed error={error} what="Orders in doubt" retry={() => void refetch()} /> : null
  if (data.length === 0) return null
  return (
    <section aria-label="Orders in doubt" className={cards.grid}>
      {data.map((one) => (
        <DoubtCard key={one.key} doubt={one} />
      ))}
    </section>
  )
}

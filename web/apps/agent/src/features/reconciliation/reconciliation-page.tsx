import { useQuery } from "@tanstack/react-query"
import { EmptyState } from "@tradertape/ui/components/empty-state.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { age, count, money, number } from "@tradertape/ui/format.ts"
import { CircleCheck } from "lucide-react"
import cards from "@/components/cards.module.css"
import { Loaded } from "@/components/loaded"
import { Page } from "@/components/page"
import { PollNow } from "@/components/poll-now"
import { reconciliationQuery, statusQuery } from "@/lib/queries"
import type { Reconciliation } from "@/lib/types"
import { useNow } from "@/lib/use-now"
import { DriftCard } from "./drift-card"
import { STATUS } from "./drift-words"

/** The cloud's expectation beside the broker's shares, in real units. */
export function ReconciliationPage() {
  return (
    <Page
      title="Reconciliation"
      note="Every cycle compares the primary broker's shares with the cloud's open positions. Nothing is corrected by itself: you adjust the cloud's record, or place a corrective order."
      action={<PollNow label="Compare now" />}
    >
      <Loaded query={useQuery(reconciliationQuery)} what="The comparison" shape={[90, 160]}>
        {(found) => <Compared found={found} />}
      </Loaded>
    </Page>
  )
}

function Compared({ found }: { found: Reconciliation }) {
  const now = useNow()
  const { data: status } = useQuery(statusQuery)
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
      {found.items.length === 0 && found.checked_at ? (
        <EmptyState icon={<CircleCheck size={30} />} title="No difference">
          The broker has exactly what the cloud expects, in {count(summary.symbols ?? 0, "symbol")}.
        </EmptyState>
      ) : (
        <div className={cards.grid}>
          {found.items.map((one) => (
            <DriftCard key={one.symbol} drift={one} cloudUrl={status?.cloud_url} />
          ))}
        </div>
      )}
    </>
  )
}

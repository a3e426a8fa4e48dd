import { Alert, Badge, Button, Skeleton } from "@mantine/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, instant, number } from "@tradertape/ui/format.ts"
import { Equal, RefreshCw, TriangleAlert } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { notifyFailure } from "@/lib/notify"
import {
  correctionsQuery,
  type Difference,
  type Reconciliation,
  reconciliationCalls,
  reconciliationQuery,
} from "@/lib/queries/reconciliation"
import { Corrections } from "./corrections"
import { DifferenceCard } from "./difference-card"
import classes from "./reconciliation.module.css"
import { STATES } from "./words"

/** Our books beside the brokers': what differs, why it may, and nothing that corrects by itself. */
export function ReconciliationPage() {
  const client = useQueryClient()
  const query = useQuery(reconciliationQuery)
  const keep = (report: Reconciliation) => {
    client.setQueryData(reconciliationQuery.queryKey, report)
    void client.invalidateQueries({ queryKey: correctionsQuery.queryKey })
  }
  const checking = useMutation({
    mutationFn: reconciliationCalls.check,
    onSuccess: keep,
    onError: (error) => notifyFailure("Your brokers were not read", error),
  })
  const check = (
    <Button
      leftSection={<RefreshCw size={14} />}
      loading={checking.isPending}
      onClick={() => checking.mutate()}
    >
      Check now
    </Button>
  )
  const report = query.data
  return (
    <>
      <PageHeader
        title="Reconciliation"
        crumbs={[{ label: "Wealth", to: "/wealth" }]}
        note={report?.checked_at ? `Compared ${instant(report.checked_at)}` : undefined}
        chips={report && <Badge color={STATES[report.status].color}>{STATES[report.status].label}</Badge>}
        action={check}
      />
      {query.error && !report && (
        <ErrorState error={query.error} what="The comparison" retry={() => void query.refetch()} />
      )}
      {!report && !query.error && <Skeleton height={300} />}
      {report?.status === "not_checked" && (
        <EmptyState
          icon={<Equal size={30} />}
          title="Not compared yet"
          action={
            <LinkButton to="/settings" search={{ tab: "brokers" }} variant="default">
              Connect a broker
            </LinkButton>
          }
        >
          While a broker is connected, what TraderTape has booked is compared with what the broker holds every
          five minutes. Differences are shown with their likely cause; nothing is corrected by itself.
        </EmptyState>
      )}
      {report && report.status !== "not_checked" && <Report report={report} onReport={keep} />}
    </>
  )
}

function Report({ report, onReport }: { report: Reconciliation; onReport: (next: Reconciliation) => void }) {
  const { summary, accounts, items } = report
  const open = items.filter(({ ignored }) => !ignored)
  const ignored = items.filter((item) => item.ignored)
  return (
    <>
      <dl className={classes.totals} aria-label="Totals">
        <Stat big label="Differences" value={number(summary.drift)} />
        <Stat label="Seen once" hint="Reported once a second reading shows it." value={number(summary.new)} />
        <Stat label="Agree" value={number(summary.ok)} />
        <Stat label="Value at risk" value={<Amount value={summary.value_at_risk} />} />
      </dl>
      {accounts
        .filter(({ status }) => status === "stale" || status === "broker_unavailable")
        .map(({ account_scope, status, reason }) => (
          <Alert
            key={account_scope}
            color="yellow"
            variant="light"
            mb="md"
            icon={<TriangleAlert size={16} />}
          >
            {account_scope}: {STATES[status].label.toLowerCase()}
            {reason ? `. ${reason}` : ""}. The last findings are kept.
          </Alert>
        ))}
      <Section title={open.length ? count(open.length, "difference") : "Differences"} flush>
        {open.length === 0 ? (
          <EmptyState icon={<Equal size={30} />} title="Both books agree">
            What TraderTape has booked is what your brokers hold.
          </EmptyState>
        ) : (
          <List items={open} onReport={onReport} />
        )}
      </Section>
      <div className={classes.ignored}>
        <Corrections onReport={onReport} />
      </div>
      {ignored.length > 0 && (
        <div className={classes.ignored}>
          <Section title={`${count(ignored.length, "ignored difference")}`} flush>
            <List items={ignored} onReport={onReport} />
          </Section>
        </div>
      )}
    </>
  )
}

function List({ items, onReport }: { items: Difference[]; onReport: (next: Reconciliation) => void }) {
  return (
    <ul className={classes.list}>
      {items.map((item) => (
        <DifferenceCard key={`${item.account_scope} ${item.instrument}`} item={item} onReport={onReport} />
      ))}
    </ul>
  )
}

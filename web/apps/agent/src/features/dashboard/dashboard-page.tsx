import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, money } from "@tradertape/ui/format.ts"
import cards from "@/components/cards.module.css"
import { Loaded } from "@/components/loaded"
import { Masked } from "@/components/masked"
import { Page } from "@/components/page"
import { Problems } from "@/components/problems"
import { StateBadge } from "@/components/state-badge"
import { intentWords, privacyWords } from "@/lib/order-words"
import { dashboardQuery, statusQuery } from "@/lib/queries"
import type { Dashboard, Status } from "@/lib/types"

/** What all accounts are worth together, and what waits for the user. */
export function DashboardPage() {
  return (
    <Page title="Dashboard" chips={<Masked />}>
      <Loaded query={useQuery(dashboardQuery)} what="The portfolio" shape={[112, 96, 96]}>
        {(data) => (
          <>
            <Problems list={data.problems} />
            <Worth data={data} />
            <Waits data={data} />
            <Accounts data={data} />
          </>
        )}
      </Loaded>
      <ThisAgent />
    </Page>
  )
}

function Worth({ data }: { data: Dashboard }) {
  return (
    <section className={cards.card} aria-label="Portfolio">
      <dl style={{ margin: 0 }}>
        <Stat
          big
          label={`Value of the holdings, ${accountsWords(data)}`}
          value={<Amount value={data.value} />}
        />
      </dl>
      <dl className={cards.facts}>
        <Stat
          label="Today"
          value={<Delta kind="money" value={Number(data.day_change)} />}
          note={<Delta value={Number(data.day_change_pct)} decimals={2} />}
        />
        <Stat
          label="Profit"
          value={<Delta kind="money" value={Number(data.pnl)} />}
          note={<Delta value={Number(data.pnl_pct)} decimals={2} />}
        />
        <Stat label="Invested" value={<Amount value={data.invested} decimals={0} />} />
        <Stat label="Cash" value={<Amount value={data.cash} decimals={0} />} />
      </dl>
    </section>
  )
}

/** "2 of 3 accounts" while one cannot be read. */
function accountsWords({ brokers, problems }: Dashboard): string {
  const all = count(brokers.length, "account")
  return problems.length === 0 ? all : `${brokers.length - problems.length} of ${all}`
}

function Waits({ data }: { data: Dashboard }) {
  const drift = data.reconciliation?.drift
  const risk = data.reconciliation?.value_at_risk
  return (
    <div className={cards.grid}>
      <section
        className={cards.card}
        data-tone={data.waiting_signals > 0 ? "warn" : undefined}
        aria-label="Signals"
      >
        <div className={cards.head}>
          <span className={cards.name}>
            {data.waiting_signals === 0
              ? "No signal waits for you"
              : `${count(data.waiting_signals, "signal")} to decide`}
          </span>
          <Link to="/signals">Signals</Link>
        </div>
        {data.unclear_orders.map((one) => (
          <p key={one.key} className="tt-loss">
            {intentWords(one)}. {one.message} Look at your broker's own app, then say what became of it under{" "}
            <Link to="/reconciliation">Reconciliation</Link>.
          </p>
        ))}
      </section>
      <section className={cards.card} data-tone={drift ? "warn" : undefined} aria-label="Drift">
        <div className={cards.head}>
          <span className={cards.name}>{driftWords(drift)}</span>
          <Link to="/reconciliation">Reconciliation</Link>
        </div>
        {drift ? <p className="tt-muted">Worth {money(risk, 0)}. Nothing is corrected by itself.</p> : null}
      </section>
    </div>
  )
}

function driftWords(drift: number | undefined): string {
  if (drift === undefined) return "Not compared with the cloud yet"
  return drift === 0 ? "The broker has what the cloud expects" : `${count(drift, "symbol")} drifted`
}

function Accounts({ data }: { data: Dashboard }) {
  return (
    <div className={cards.grid}>
      {data.brokers.map((broker) => (
        <section key={broker.name} className={cards.card} aria-label={broker.title}>
          <div className={cards.head}>
            <span className={cards.name}>{broker.title}</span>
            <StateBadge state={broker.state} />
          </div>
          <div className="tt-muted">{broker.is_primary ? "Executes your signals" : "Read only"}</div>
        </section>
      ))}
    </div>
  )
}

function ThisAgent() {
  const { data } = useQuery(statusQuery)
  if (!data) return null
  return (
    <section className={cards.card} aria-label="This agent">
      <dl className={cards.facts} style={{ marginTop: 0 }}>
        <Stat
          label="Signals"
          value={data.auto_execute ? "Placed without asking" : "Wait for your approval"}
        />
        <Stat label="Privacy" value={privacyWords(data.privacy).split(":")[0]} />
        <Stat label="Reports not sent yet" value={data.queued_reports} />
        <Stat label="Version" value={data.version} note={newer(data)} />
      </dl>
    </section>
  )
}

function newer({ latest_version, version }: Status): string | undefined {
  return latest_version && latest_version !== version ? `${latest_version} is out` : undefined
}

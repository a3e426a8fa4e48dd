import { Link } from "@tanstack/react-router"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { number, percent } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import type { Column } from "@/components/table/column"
import { DataTable } from "@/components/table/data-table"
import type { Market, RunCard } from "@/lib/queries/workers"
import { Health, StatusBadge } from "../badges"
import { MARKET_WORDS, ruleWords } from "../words"
import classes from "./runs.module.css"

/** A dry run has no fills, so its profit is absent rather than zero. */
const isDry = (run: RunCard) => run.execution_mode === "dry_run"

const profit = (id: string, header: string, read: (run: RunCard) => number): Column<RunCard> => ({
  id,
  header,
  value: read,
  cell: (run) => (isDry(run) ? "–" : <Delta kind="money" decimals={2} value={read(run)} />),
})

const COLUMNS: Column<RunCard>[] = [
  {
    id: "name",
    header: "Run",
    isText: true,
    value: (run) => run.name,
    cell: (run) => (
      <Link to="/workers/$id" params={{ id: run.strategy_run_id }} className={classes.link}>
        {run.name} <span className="tt-muted">{run.strategy_run_id}</span>
      </Link>
    ),
  },
  profit("net", "Net", (run) => run.pnl.net),
  {
    id: "status",
    header: "State",
    isText: true,
    value: (run) => run.status,
    cell: (run) => <StatusBadge status={run.status} />,
  },
  profit("realised", "Realised", (run) => run.pnl.realised),
  profit("unrealised", "Unrealised", (run) => run.pnl.unrealised),
  {
    id: "charges",
    header: "Charges",
    value: (run) => run.pnl.charges,
    cell: (run) => (isDry(run) ? "–" : <Amount value={run.pnl.charges} />),
  },
  {
    id: "positions",
    header: "Positions",
    value: (run) => run.position_count,
    cell: (run) => number(run.position_count),
  },
  {
    id: "next",
    header: "Next rule",
    value: (run) => run.next?.distance_pct ?? null,
    cell: (run) =>
      run.next?.distance_pct == null
        ? "–"
        : `${ruleWords(run.next.rule)}, ${percent(run.next.distance_pct, 2)}`,
  },
  {
    id: "health",
    header: "Worker",
    isText: true,
    value: (run) => run.health.heartbeat_age_sec,
    cell: (run) => <Health pulse={run} />,
  },
]

/** A comparison of the runs of one market. */
export function RunTable({ market, runs }: { market: Market; runs: RunCard[] }) {
  return (
    <Section title="Comparison" flush>
      <DataTable
        label={`${MARKET_WORDS[market]} runs`}
        rows={runs}
        columns={COLUMNS}
        rowKey={(run) => run.strategy_run_id}
        minWidth={1_080}
      />
    </Section>
  )
}

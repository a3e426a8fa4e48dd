import { Badge, Text } from "@mantine/core"
import { Link } from "@tanstack/react-router"
import { Sparkline } from "@tradertape/ui/charts/sparkline.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count, words } from "@tradertape/ui/format.ts"
import { ShieldCheck, ShieldOff } from "lucide-react"
import type { ReactNode } from "react"
import type { RunCard as Run, SummaryField } from "@/lib/queries/workers"
import { AttentionBadges, Health, ModeBadge, StatusBadge } from "../badges"
import { idleWords, marketOf, stepWords, summaryTone, summaryValue } from "../words"
import classes from "./runs.module.css"

const MAX_FIELDS = 4

interface Props {
  run: Run
  /** Shown instead of the protection's state when no rule is armed. */
  idle?: string | undefined
  children?: ReactNode
}

/** A run in brief: profit, liveness and next action. */
export function RunCard({ run, idle, children }: Props) {
  const isDry = run.execution_mode === "dry_run"
  return (
    <Link
      to="/workers/$id"
      params={{ id: run.strategy_run_id }}
      className={classes.card}
      data-attention={run.attention.length > 0 || undefined}
    >
      <div className={classes.top}>
        <span className={classes.names}>
          <span className={classes.name}>{run.name}</span>
          <span className={classes.id}>{run.strategy_run_id}</span>
        </span>
        <ModeBadge market={marketOf(run)} />
        <StatusBadge status={run.status} />
      </div>
      <div className={classes.figures} data-live>
        <span className={classes.pnl} data-stale={run.pnl.is_stale || undefined}>
          {isDry ? (
            <span className={classes.quiet}>No orders placed: decisions only</span>
          ) : (
            <Delta kind="money" decimals={2} value={run.pnl.net} />
          )}
        </span>
        {run.spark.length > 1 && (
          <span className={classes.spark}>
            <Sparkline
              values={run.spark}
              label="Net profit over the last hours"
              height={28}
              isGain={run.pnl.net >= 0}
            />
          </span>
        )}
      </div>
      {children}
      <Summary fields={run.summary_fields as unknown as SummaryField[]} />
      <div className={classes.bottom} data-live>
        <Next run={run} idle={idle} />
        <span className={classes.state}>
          <Health pulse={run} />
          <Text component="span" size="xs" c="dimmed">
            {count(run.position_count, "position")}
          </Text>
          {run.pnl.is_stale && !run.attention.includes("prices_stale") && (
            <Badge color="yellow">Stale prices</Badge>
          )}
        </span>
        {run.attention.length > 0 && (
          <span className={classes.state}>
            <AttentionBadges pulse={run} />
            {run.status_reason && (
              <Text component="span" size="xs">
                {run.status_reason}
              </Text>
            )}
          </span>
        )}
      </div>
    </Link>
  )
}

function Summary({ fields }: { fields: SummaryField[] }) {
  if (fields.length === 0) return null
  return (
    <dl className={classes.summary} data-live>
      {fields.slice(0, MAX_FIELDS).map((field) => (
        <div key={field.key}>
          <dt>{field.label ?? words(field.key)}</dt>
          <dd title={summaryValue(field)} className={summaryTone(field)}>
            {summaryValue(field)}
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Next({ run, idle }: Pick<Props, "run" | "idle">) {
  if (run.status === "closed") return null
  const isGuarded = run.next != null
  const isBare = !isGuarded && run.position_count > 0
  return (
    <span className={isBare ? `${classes.next} tt-warn` : classes.next}>
      {isGuarded ? <ShieldCheck size={14} aria-hidden /> : <ShieldOff size={14} aria-hidden />}
      {run.next ? stepWords(run.next) : (idle ?? idleWords(run))}
    </span>
  )
}

import { Badge, Text } from "@mantine/core"
import { discreet, percent, words } from "@tradertape/ui/format.ts"
import type { RiskOutcome } from "@/lib/queries/risk"
import { inUnit } from "./amounts"
import classes from "./risk.module.css"

const COLOURS: Record<string, string> = { ok: "green", near: "yellow", breached: "red", unknown: "gray" }

/** How much of each rule's limit is used; rules that only look at orders have no gauge. */
export function Gauges({ outcomes }: { outcomes: RiskOutcome[] }) {
  const shown = outcomes.filter((one) => one.used !== null || one.status !== "ok")
  if (shown.length === 0) return <Text c="dimmed">No gauges: these rules look at orders alone.</Text>
  return (
    <ul className={classes.gauges} aria-label="Gauges">
      {shown.map((one) => (
        <li key={one.rule_id} className={classes.gauge} data-status={one.status}>
          <div className={classes.line}>
            <strong>{one.rule}</strong>
            <Badge color={COLOURS[one.status] ?? "gray"}>{words(one.status)}</Badge>
          </div>
          <div
            className={classes.track}
            role="img"
            aria-label={one.used_pct === null ? "Not known" : `${percent(one.used_pct, 0)} used`}
          >
            <span className={classes.used} style={{ width: `${Math.min(one.used_pct ?? 0, 100)}%` }} />
            <span className={classes.warnAt} aria-hidden />
          </div>
          <div className={classes.line}>
            <span className="tt-muted">
              {inUnit(one.used, one.unit)} of {inUnit(one.limit, one.unit)}
            </span>
            <span>{one.used_pct === null ? "" : percent(one.used_pct, 0)}</span>
          </div>
          {one.status !== "ok" && (
            <Text size="xs" c="dimmed">
              {discreet(one.message)}
            </Text>
          )}
        </li>
      ))}
    </ul>
  )
}

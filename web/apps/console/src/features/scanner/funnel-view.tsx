import { date, number } from "@tradertape/ui/format.ts"
import { ScanSearch } from "lucide-react"
import type { ReactNode } from "react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { ScannedDay } from "@/lib/queries/models"
import { funnelOf, type Stage } from "./funnel"
import classes from "./scanner.module.css"

/** A day from all stocks looked at to the signals, with what was lost on the way. */
export function Funnel({ day, fields }: { day: ScannedDay | undefined; fields: ReactNode }) {
  const stages = day ? funnelOf(day) : []
  const most = Math.max(1, stages[0]?.count ?? 1)
  return (
    <Section
      title={day ? `From the universe to the signals, ${date(day.day)}` : "From the universe to the signals"}
      action={<div className={classes.fields}>{fields}</div>}
    >
      {day ? (
        <ol className={classes.stages} aria-label="Funnel">
          {stages.map((stage) => (
            <Row key={stage.key} stage={stage} most={most} />
          ))}
        </ol>
      ) : (
        <EmptyState icon={<ScanSearch size={28} />} title="Not scanned yet">
          Scan now, or wait for the next scheduled scan.
        </EmptyState>
      )}
    </Section>
  )
}

function Row({ stage, most }: { stage: Stage; most: number }) {
  return (
    <li className={classes.stage}>
      <span>{stage.title}</span>
      <span className={classes.bar}>
        <span className={classes.fill} style={{ width: `${(stage.count / most) * 85}%` }} />
        <span className={classes.number}>{number(stage.count)}</span>
      </span>
      {stage.lost.length > 0 && (
        <ul className={classes.lost}>
          {stage.lost.map(({ reason, text, count }) => (
            <li key={reason}>
              −{number(count)} {text}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

import { discreet, moment } from "@tradertape/ui/format.ts"
import { Activity as Pulse } from "lucide-react"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Dashboard } from "@/lib/queries/models"
import classes from "../portfolios.module.css"

/** What happened last, newest first. */
export function Activity({ page }: { page: Dashboard }) {
  return (
    <Section title="Activity" note="Times in IST" flush>
      {page.activity.length === 0 ? (
        <EmptyState icon={<Pulse size={28} />} title="Nothing happened yet">
          Signals, approvals, orders, fills and exits are listed here.
        </EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too
        <ol className={classes.activity} tabIndex={0} aria-label="Activity">
          {page.activity.map((event, i) => (
            <li key={`${event.ts} ${i}`}>
              <time dateTime={event.ts}>{moment(event.ts)}</time>
              <span>{discreet(event.text)}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}

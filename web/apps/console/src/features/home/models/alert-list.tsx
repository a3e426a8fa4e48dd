import { Link } from "@tanstack/react-router"
import { discreet } from "@tradertape/ui/format.ts"
import { CircleAlert } from "lucide-react"
import { Section } from "@/components/page/section"
import type { Overview } from "@/lib/queries/models"
import classes from "./models.module.css"

/** What should be looked at; hidden while there is nothing. */
export function AlertList({ alerts }: { alerts: Overview["alerts"] }) {
  if (alerts.length === 0) return null
  return (
    <Section title="Alerts" flush>
      <ul className={classes.list}>
        {alerts.map((alert) => (
          <li key={discreet(alert.text)}>
            <Link to={alert.href} className={classes.alert} data-level={alert.level}>
              <CircleAlert size={15} aria-hidden />
              <span>{discreet(alert.text)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

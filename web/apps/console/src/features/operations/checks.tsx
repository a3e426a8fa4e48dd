import { Badge, Text } from "@mantine/core"
import type { HealthChecks } from "@/lib/queries/system"
import classes from "./operations.module.css"
import { checkText, STATUS } from "./words"

const RANK = ["down", "stale", "ok"]

/** Every check with what it found, those that need attention first. */
export function Checks({ checks }: { checks: HealthChecks }) {
  const rows = Object.entries(checks).sort(
    ([, one], [, other]) => RANK.indexOf(one.status) - RANK.indexOf(other.status),
  )
  return (
    <ul className={classes.list} aria-label="Checks">
      {rows.map(([name, check]) => (
        <li key={name} className={classes.check}>
          <Text component="span" fw={550}>
            {checkText(name)}
          </Text>
          <Badge color={STATUS[check.status]?.color ?? "gray"}>
            {STATUS[check.status]?.label ?? check.status}
          </Badge>
          <Text component="span" size="sm" c="dimmed" className={classes.detail}>
            {check.detail}
          </Text>
        </li>
      ))}
    </ul>
  )
}

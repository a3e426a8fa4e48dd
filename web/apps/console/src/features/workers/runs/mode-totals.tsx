import { Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count } from "@tradertape/ui/format.ts"
import { type Mode, overviewQuery } from "@/lib/queries/workers"
import { ModeBadge } from "../badges"
import classes from "./runs.module.css"

/** The server's total of one mode over its open runs. */
export function ModeTotals({ mode, count: shown }: { mode: Mode; count: number }) {
  const { data } = useQuery({ ...overviewQuery, refetchInterval: 5_000 })
  const total = data?.modes.find((one) => one.execution_mode === mode)
  return (
    <div className={classes.totals}>
      <ModeBadge mode={mode} />
      <Text size="sm">{count(shown, "run")}</Text>
      {total && total.runs > 0 && mode !== "dry_run" && (
        <Text size="sm" c="dimmed">
          {count(total.positions, "position")}, {count(total.open_orders, "open order")}, net{" "}
          <Delta kind="money" decimals={2} value={total.net} />
          {total.is_stale && <span className="tt-warn"> at stale prices</span>}
        </Text>
      )}
      {mode === "dry_run" && (
        <Text size="sm" c="dimmed">
          Decisions are recorded and no orders placed, so there is no profit to show.
        </Text>
      )}
    </div>
  )
}

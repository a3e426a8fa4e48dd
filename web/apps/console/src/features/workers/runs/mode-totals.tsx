import { Text } from "@mantine/core"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count } from "@tradertape/ui/format.ts"
import type { Market, RunCard } from "@/lib/queries/workers"
import { ModeBadge } from "../badges"
import { totalsOf } from "./filters"
import classes from "./runs.module.css"

/** The totals of the runs below, from the same figures at the same moment. */
export function ModeTotals({ market, runs }: { market: Market; runs: readonly RunCard[] }) {
  const { positions, net, isStale } = totalsOf(runs)
  return (
    <div className={classes.totals}>
      <ModeBadge market={market} />
      <Text size="sm">{count(runs.length, "run")}</Text>
      {market === "dry_run" ? (
        <Text size="sm" c="dimmed">
          Decisions are recorded and no orders placed, so there is no profit to show.
        </Text>
      ) : (
        <Text size="sm" c="dimmed" aria-label="Totals" role="group">
          {count(positions, "position")}, net <Delta kind="money" decimals={2} value={net} />
          {isStale && <span className="tt-warn"> at stale prices</span>}
        </Text>
      )}
    </div>
  )
}

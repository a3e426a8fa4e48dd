import { Anchor, Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { age } from "@tradertape/ui/format.ts"
import { FlaskConical } from "lucide-react"
import { Section } from "@/components/page/section"
import { shortRunColumns } from "@/components/runs/run-columns"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { PlainTable } from "@/components/table/plain-table"
import { runsQuery } from "@/lib/queries/backtests"
import { useNow } from "@/lib/use-now"

/** The latest backtests, newest first. */
export function RecentRuns() {
  const { data, error, isPending, refetch } = useQuery(runsQuery())
  const now = useNow()
  if (isPending) return <Skeleton height={260} />
  if (error) return <ErrorState error={error} what="Your backtests" retry={refetch} />
  const last = data.items[0]
  return (
    <Section
      title="Recent backtests"
      flush
      note={
        last && (
          <>
            Last: {last.name || last.strategy.name}, {age(last.created_at, now)},{" "}
            <Delta value={last.headline?.cagr} against={last.headline?.benchmark_cagr} /> a year
          </>
        )
      }
      action={
        last && (
          <Anchor component={Link} to="/backtests" size="sm">
            All runs
          </Anchor>
        )
      }
    >
      {last ? (
        <PlainTable
          label="Recent backtests"
          rows={data.items.slice(0, 8)}
          columns={shortRunColumns(now)}
          rowKey={(run) => run.run_id}
          minWidth={620}
        />
      ) : (
        <EmptyState icon={<FlaskConical size={28} />} title="No backtest yet">
          A backtest replays years of prices day by day and trades your rules on them. Its result appears
          here.
        </EmptyState>
      )}
      {data.items.some((run) => run.simulated) && (
        <Text size="xs" c="dimmed" px="md" py={8}>
          Results marked “sim” were computed on simulated prices.
        </Text>
      )}
    </Section>
  )
}

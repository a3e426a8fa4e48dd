import { Skeleton } from "@mantine/core"
import { useQueries } from "@tanstack/react-query"
import { useSearch } from "@tanstack/react-router"
import type { Run } from "@tradertape/api/backtest.ts"
import { GitCompareArrows } from "lucide-react"
import { LinkButton } from "@/components/page/link-button"
import { PageHeader } from "@/components/page/page-header"
import { EmptyState } from "@/components/states/empty-state"
import { ErrorState } from "@/components/states/error-state"
import { SimulatedBadge } from "@/components/states/simulated-badge"
import { runQuery } from "@/lib/queries/backtests"
import { Comparison } from "./compare/comparison"

const MAX_COMPARED = 6

export function ComparePage() {
  const { ids = "" } = useSearch({ from: "/frame/backtests/compare" })
  const selected = [...new Set(ids.split(",").filter(Boolean))].slice(0, MAX_COMPARED)
  const answers = useQueries({ queries: selected.map((id) => runQuery(id)) })
  const runs = answers.flatMap(({ data }): Run[] => (data ? [data] : []))
  const failed = answers.find(({ error }) => error)
  const isMixed = runs.some((run) => run.simulated) && runs.some((run) => !run.simulated)
  return (
    <>
      <PageHeader
        title="Compare"
        crumbs={[{ label: "Backtests", to: "/backtests" }]}
        chips={<SimulatedBadge shown={runs.some((run) => run.simulated)} />}
        note={
          isMixed
            ? "Some of these runs used simulated prices and others real prices, so their figures are not comparable."
            : undefined
        }
      />
      {selected.length < 2 && (
        <EmptyState
          icon={<GitCompareArrows size={32} />}
          title="Select two to six runs"
          action={<LinkButton to="/backtests">Go to the runs</LinkButton>}
        >
          Select runs in the list and press Compare: their equity curves are overlaid here, and the best
          figure of each row is marked.
        </EmptyState>
      )}
      {failed && (
        <ErrorState
          error={failed.error}
          what="One of the runs"
          back={{ label: "All backtests", to: "/backtests" }}
          retry={() => void failed.refetch()}
        />
      )}
      {selected.length >= 2 && !failed && runs.length < selected.length && <Skeleton height={480} />}
      {selected.length >= 2 && runs.length === selected.length && <Comparison runs={runs} />}
    </>
  )
}

import { Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { useNavigate, useParams } from "@tanstack/react-router"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { isUnfinished, runQuery, runStatusQuery } from "@/lib/queries/backtests"
import { RunProgress } from "./form/run-progress"
import { Result } from "./result/result"

/** A run: its progress until it finishes, then its result. */
export function RunPage() {
  const { id } = useParams({ from: "/frame/backtests/$id" })
  const navigate = useNavigate()
  const status = useQuery(runStatusQuery(id))
  const isDone = status.data?.status === "completed"
  const report = useQuery({ ...runQuery(id), enabled: isDone })
  const error = status.error ?? report.error
  if (error) {
    return (
      <>
        <PageHeader title="Backtest" crumbs={[{ label: "Backtests", to: "/backtests" }]} />
        <ErrorState
          error={error}
          what="This run"
          back={{ label: "All backtests", to: "/backtests" }}
          retry={() => void status.refetch()}
        />
      </>
    )
  }
  if (status.data && !isDone) {
    return (
      <>
        <PageHeader
          title={status.data.name || status.data.strategy.name}
          crumbs={[{ label: "Backtests", to: "/backtests" }]}
        />
        <Section title={isUnfinished(status.data) ? "Running" : "No result"}>
          <RunProgress runId={id} onAgain={() => void navigate({ to: "/backtests/new" })} />
        </Section>
      </>
    )
  }
  if (!status.data || !report.data) {
    return (
      <Stack gap="md" role="status" aria-busy aria-label="Loading the result">
        <Skeleton height={34} width={320} />
        <Skeleton height={92} />
        <Skeleton height={420} />
      </Stack>
    )
  }
  return <Result key={id} run={report.data} />
}

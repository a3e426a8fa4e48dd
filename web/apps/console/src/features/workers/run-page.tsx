import { Skeleton, Stack } from "@mantine/core"
import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useParams } from "@tanstack/react-router"
import { useRef } from "react"
import { PageHeader } from "@/components/page/page-header"
import { ErrorState } from "@/components/states/error-state"
import { useAccountEvents, useChannel } from "@/lib/live"
import { type RunLive, runPageQuery } from "@/lib/queries/workers"
import { Run } from "./run/run"

const CRUMBS = [{ label: "Workers", to: "/workers" }]
const REFETCH_DELAY_MS = 300

/** Refetch the run after its events, at most once per REFETCH_DELAY_MS. */
function useRunNews(id: string): void {
  const client = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useAccountEvents((event) => {
    if (event !== null && event.strategy_run_id !== id) return
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      void client.invalidateQueries({
        queryKey: ["workers", "run", id],
        predicate: ({ queryKey }) => queryKey[3] !== "line",
      })
    }, REFETCH_DELAY_MS)
  })
}

/** One run: positions, profit, protection and timeline. */
export function WorkerRunPage() {
  const { id } = useParams({ from: "/frame/workers/$id" })
  const { data, error, refetch } = useQuery(runPageQuery(id))
  const live = useChannel<RunLive>(`run:${id}`)
  useRunNews(id)
  if (error && !data) {
    return (
      <>
        <PageHeader title="Worker run" crumbs={CRUMBS} />
        <ErrorState
          error={error}
          what="This run"
          back={{ label: "All runs", to: "/workers" }}
          retry={refetch}
        />
      </>
    )
  }
  if (!data) {
    return (
      <Stack gap="md" role="status" aria-busy aria-label="Loading the run">
        <Skeleton height={34} width={320} />
        <Skeleton height={92} />
        <Skeleton height={420} />
      </Stack>
    )
  }
  return <Run key={id} page={data} live={live ?? data.live} />
}

import { Badge, Button, Text } from "@mantine/core"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { count, duration, instant, number } from "@tradertape/ui/format.ts"
import { Play } from "lucide-react"
import { notifyDone, notifyFailure } from "@/lib/notify"
import { modelCalls, refreshModels } from "@/lib/queries/models"
import { reconciliationCalls, reconciliationQuery } from "@/lib/queries/reconciliation"
import { type Job, jobsQuery } from "@/lib/queries/system"
import classes from "./operations.module.css"

const BADGES = {
  ok: { label: "Runs", color: "green" },
  failed: { label: "Failed", color: "red" },
  waiting: { label: "Waits for its time", color: "gray" },
} as const

const took = (ms: number) => (ms < 1000 ? `${number(ms)} ms` : duration(ms))

/** Every job: what it does, its last and next run, what a missed run means, and its failures. */
export function JobList({ jobs }: { jobs: Job[] }) {
  return (
    <ul className={classes.list} aria-label="Jobs">
      {jobs.map((job) => (
        <JobRow key={job.name} job={job} />
      ))}
    </ul>
  )
}

function JobRow({ job }: { job: Job }) {
  const badge = BADGES[job.status]
  return (
    <li className={classes.job} data-status={job.status}>
      <div className={classes.what}>
        <Text fw={550}>
          {job.title}{" "}
          <Badge color={badge.color} ml={6}>
            {job.is_running && job.took_ms === null ? "Running" : badge.label}
          </Badge>
        </Text>
        <Text size="sm" c="dimmed">
          {job.does} {job.when}.
        </Text>
        <Text size="xs" c="dimmed">
          If missed: {job.if_missed}
        </Text>
        {job.failures > 0 && (
          <Text size="xs" c={job.status === "failed" ? "red" : "dimmed"}>
            Failed {count(job.failures, "time")} since the start, last {instant(job.failed_at)}: {job.error}
          </Text>
        )}
      </div>
      <dl className={classes.times}>
        <div>
          <dt>Last run</dt>
          <dd>{job.last_at ? instant(job.last_at) : "–"}</dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>{job.took_ms === null ? "–" : took(job.took_ms)}</dd>
        </div>
        <div>
          <dt>Next run</dt>
          <dd>{job.next_at ? instant(job.next_at) : "–"}</dd>
        </div>
      </dl>
      <div className={classes.run}>{job.run_now && <RunNow job={job} kind={job.run_now} />}</div>
    </li>
  )
}

function RunNow({ job, kind }: { job: Job; kind: NonNullable<Job["run_now"]> }) {
  const client = useQueryClient()
  const running = useMutation({
    mutationFn: async () => {
      if (kind === "scan") {
        const { portfolios } = await modelCalls.scan({})
        return `${count(portfolios.length, "portfolio")} scanned`
      }
      const report = await reconciliationCalls.check()
      client.setQueryData(reconciliationQuery.queryKey, report)
      return `${count(report.summary.drift, "difference")} found; nothing was corrected`
    },
    onSuccess: (text) => notifyDone(text),
    onError: (error) => notifyFailure(`${job.title} did not run`, error),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: jobsQuery.queryKey })
      void refreshModels(client)
    },
  })
  return (
    <Button
      size="compact-sm"
      variant="default"
      leftSection={<Play size={13} />}
      aria-label={`Run ${job.title.toLowerCase()} now`}
      loading={running.isPending}
      onClick={() => running.mutate()}
    >
      Run now
    </Button>
  )
}

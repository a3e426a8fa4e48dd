import { Badge, Skeleton, Stack } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { duration } from "@tradertape/ui/format.ts"
import { PageHeader } from "@/components/page/page-header"
import { Section } from "@/components/page/section"
import { ErrorState } from "@/components/states/error-state"
import { healthQuery, jobsQuery } from "@/lib/queries/system"
import { Checks } from "./checks"
import { JobList } from "./job-list"
import { STATUS } from "./words"

/** What the server does by itself, when and how it went, and whether its parts work. */
export function JobsPage() {
  const health = useQuery(healthQuery)
  const jobs = useQuery(jobsQuery)
  const state = health.data && STATUS[health.data.status]
  return (
    <>
      <PageHeader
        title="Jobs and health"
        chips={state && <Badge color={state.color}>{state.label}</Badge>}
        note={
          health.data &&
          `TraderTape ${health.data.version}, running for ${duration(health.data.uptime_s * 1000)}`
        }
      />
      <Stack gap="md">
        <Section title="Jobs" note="What the server does by itself, by the exchange's calendar" flush>
          {jobs.error && !jobs.data ? (
            <ErrorState error={jobs.error} what="The jobs" retry={() => void jobs.refetch()} />
          ) : jobs.data ? (
            <JobList jobs={jobs.data} />
          ) : (
            <Skeleton height={320} m="md" w="auto" />
          )}
        </Section>
        <Section title="Health" note="Checked every 15 seconds" flush>
          {health.error && !health.data ? (
            <ErrorState error={health.error} what="The health" retry={() => void health.refetch()} />
          ) : health.data ? (
            <Checks checks={health.data.checks} />
          ) : (
            <Skeleton height={240} m="md" w="auto" />
          )}
        </Section>
      </Stack>
    </>
  )
}

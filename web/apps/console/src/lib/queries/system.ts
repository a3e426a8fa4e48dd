import { queryOptions } from "@tanstack/react-query"
import { failureOf, unwrap } from "@tradertape/api/client.ts"
import { changelog, health, listJobs } from "@tradertape/api/generated/sdk.gen.ts"
import type { EntryRow, HealthReport, JobOut } from "@tradertape/api/generated/types.gen.ts"

export type Release = EntryRow
export type Job = JobOut
export type Health = HealthReport
export type HealthChecks = HealthReport["checks"]

export const changelogQuery = queryOptions({
  queryKey: ["changelog"],
  queryFn: ({ signal }) => unwrap(changelog({ signal })),
  staleTime: 3_600_000,
})

/** The report comes with 503 too, when something is down. */
export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: async ({ signal }): Promise<Health> => {
    const { data, error, response } = await health({ signal, throwOnError: false })
    const report: unknown = data ?? error
    if (typeof report === "object" && report !== null && "checks" in report) return report as Health
    throw failureOf(error, response)
  },
  refetchInterval: 15_000,
})

export const jobsQuery = queryOptions({
  queryKey: ["jobs"],
  queryFn: ({ signal }) => unwrap(listJobs({ signal })),
  refetchInterval: 15_000,
})

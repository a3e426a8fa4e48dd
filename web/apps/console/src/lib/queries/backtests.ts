import { queryOptions } from "@tanstack/react-query"
import type { Run, RunSummary } from "@tradertape/api/backtest.ts"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { BacktestRequest, Options } from "@tradertape/api/generated/types.gen.ts"

export type { Options }

export const runsQuery = (limit = 200) =>
  queryOptions({
    queryKey: ["backtests", "list", limit],
    queryFn: ({ signal }) => unwrapPage(api.listRuns({ signal, query: { limit } })),
  })

/** A finished run never changes, so it is fetched once. */
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["backtests", id],
    queryFn: async ({ signal }) =>
      (await unwrap(api.getRun({ signal, path: { run_id: id } }))) as unknown as Run,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** The last finished run of each strategy. */
export const latestRunsQuery = queryOptions({
  queryKey: ["backtests", "latest"],
  queryFn: ({ signal }) => unwrap(api.latestRuns({ signal })),
})

const POLL_MS = 700

/** The status of a run, polled until it is finished. */
export const runStatusQuery = (id: string) =>
  queryOptions({
    queryKey: ["backtests", id, "status"],
    queryFn: ({ signal }) => unwrap(api.getRunStatus({ signal, path: { run_id: id } })),
    refetchInterval: ({ state }) => (isUnfinished(state.data) ? POLL_MS : false),
  })

export function isUnfinished(run: RunSummary | undefined): boolean {
  return run?.status === "queued" || run?.status === "running"
}

export const optionsQuery = queryOptions({
  queryKey: ["backtests", "options"],
  queryFn: ({ signal }) => unwrap(api.backtestOptions({ signal })),
  staleTime: 3_600_000,
})

type Whole = Required<
  Omit<BacktestRequest, "strategy_id" | "strategy" | "save" | "async" | "sizing" | "universe" | "charges">
>

/** A backtest request with all settings. */
export type NewBacktest = Whole & {
  strategy_id: number
  universe: string
  charges: string
  sizing: Required<NonNullable<BacktestRequest["sizing"]>>
}

export const runCalls = {
  /** Queued runs return 202 with the run instead of its report. */
  start: async (backtest: NewBacktest) =>
    (await unwrap(api.runBacktest({ body: { ...backtest, async: true } }))) as unknown as RunSummary,
  cancel: (id: string) => unwrap(api.cancelRun({ path: { run_id: id } })),
  remove: (id: string) => unwrap(api.deleteRun({ path: { run_id: id } })),
  label: (id: string, labels: { name: string; tags: string[] }) =>
    unwrap(api.labelRun({ path: { run_id: id }, body: labels })),
}

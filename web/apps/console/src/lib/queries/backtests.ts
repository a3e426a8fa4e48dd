import { queryOptions } from "@tanstack/react-query"
import type { Run, RunSummary } from "@tradertape/api/backtest.ts"
import { request, requestPage } from "@tradertape/api/http.ts"

export const runsQuery = (limit = 200) =>
  queryOptions({
    queryKey: ["backtests", "list", limit],
    queryFn: ({ signal }) => requestPage<RunSummary>("/backtest/runs", { signal, query: { limit } }),
  })

/** A finished run never changes, so it is read once. */
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["backtests", id],
    queryFn: ({ signal }) => request<Run>("GET", `/backtest/runs/${id}`, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })

/** The last finished run of each strategy. */
export const latestRunsQuery = queryOptions({
  queryKey: ["backtests", "latest"],
  queryFn: ({ signal }) => request<RunSummary[]>("GET", "/backtest/latest", { signal }),
})

const POLL_MS = 700

/** Where a run stands: asked again and again until it is finished. */
export const runStatusQuery = (id: string) =>
  queryOptions({
    queryKey: ["backtests", id, "status"],
    queryFn: ({ signal }) => request<RunSummary>("GET", `/backtest/runs/${id}/status`, { signal }),
    refetchInterval: ({ state }) => (isUnfinished(state.data) ? POLL_MS : false),
  })

export function isUnfinished(run: RunSummary | undefined): boolean {
  return run?.status === "queued" || run?.status === "running"
}

export interface Choice {
  value: string
  label: string
}

export interface Options {
  defaults: Record<string, unknown>
  charges: Choice[]
  fill_models: Choice[]
  intrabar_orders: Choice[]
  sizing_methods: Choice[]
  benchmarks: string[]
}

export const optionsQuery = queryOptions({
  queryKey: ["backtests", "options"],
  queryFn: ({ signal }) => request<Options>("GET", "/backtest/options", { signal }),
  staleTime: 3_600_000,
})

export interface Asked {
  strategy_id: number
  name: string
  tags: string[]
  universe: string
  data_set: string | null
  start_date: string
  end_date: string
  starting_capital: number
  position_size_pct: number
  max_positions: number
  max_per_sector: number
  slippage_bps: number
  benchmark: string
  charges: string
  fill_model: string
  intrabar_order: string
  point_in_time_universe: boolean
  sizing: { method: string; risk_per_trade_pct: number }
  risk_free_pct: number
  seed: number
}

export const runCalls = {
  start: (asked: Asked) => request<RunSummary>("POST", "/backtest/run", { body: { ...asked, async: true } }),
  cancel: (id: string) => request<RunSummary>("POST", `/backtest/runs/${id}/cancel`),
  remove: (id: string) => request<void>("DELETE", `/backtest/runs/${id}`),
  label: (id: string, labels: { name: string; tags: string[] }) =>
    request<RunSummary>("PUT", `/backtest/runs/${id}/labels`, { body: labels }),
}

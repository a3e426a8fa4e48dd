import { queryOptions } from "@tanstack/react-query"
import type { RunStatus, StrategyRef } from "@tradertape/api/backtest.ts"
import { request } from "@tradertape/api/http.ts"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"

export type StudyKind = "sweep" | "search" | "walk_forward" | "monte_carlo" | "lookahead" | "recursive"

export interface Study {
  study_id: string
  kind: StudyKind
  status: RunStatus
  name: string
  run_id: string | null
  strategy: StrategyRef
  metric: string
  done: number
  total: number
  eta_s: number | null
  error: string
  created_at: string
  finished_at: string | null
}

export type Setting = number | string | boolean
export type Figures = Record<string, number | string | null>
export type Variant = Figures & { parameters: Record<string, Setting> }

export interface HeatMap {
  x: string
  y: string
  metric: string
  x_values: Setting[]
  y_values: Setting[]
  cells: (number | null)[][]
}

export interface SweepResult {
  kind: "sweep"
  metric: string
  runs: number
  failed: number
  best: (Variant & { deflated_sharpe: number | null; trials: number; strategy: StrategyDocument }) | null
  ranked: Variant[]
  heat_maps: HeatMap[]
}

export interface FanPoint {
  trade: number
  p5: number
  p25: number
  p50: number
  p75: number
  p95: number
}

export interface MonteCarloResult {
  kind: "monte_carlo"
  runs: number
  trades: number
  p5: number
  p50: number
  p95: number
  max_drawdown: { p5: number; p50: number; p95: number }
  loss_probability: number
  ruin_pct: number
  risk_of_ruin: number
  fan: FanPoint[]
}

export interface WindowRow {
  train_start: string
  train_end: string
  test_start: string
  test_end: string
  parameters: Record<string, Setting>
  in_sample: Figures
  out_of_sample: Figures
}

export interface WalkForwardResult {
  kind: "walk_forward"
  windows: WindowRow[]
  equity_curve: { date: string; equity: number }[]
  out_of_sample: { total_return: number | null; cagr: number | null; profitable_windows_pct: number | null }
  in_sample_cagr: number | null
  efficiency: number | null
}

export interface LookaheadResult {
  kind: "lookahead"
  passed: boolean
  checked: string[]
  differences: { cut: string; kind: string; date: string; symbol: string }[]
}

export type StudyResult = SweepResult | MonteCarloResult | WalkForwardResult | LookaheadResult

export type StudyDetail = Study & { result: StudyResult | null }

export interface Range {
  min: number
  max: number
  step: number
}

export interface StudyAsked {
  kind: StudyKind
  run_id: string
  parameters?: Record<string, Range>
  metric?: string
  train_months?: number
  test_months?: number
  runs?: number
}

const POLL_MS = 1_000

export function isAtWork(study: Study | undefined): boolean {
  return study?.status === "queued" || study?.status === "running"
}

export const studiesQuery = (runId: string) =>
  queryOptions({
    queryKey: ["studies", "of", runId],
    queryFn: ({ signal }) =>
      request<Study[]>("GET", "/backtest/studies", { signal, query: { run_id: runId } }),
  })

export const studyQuery = (id: string) =>
  queryOptions({
    queryKey: ["studies", id],
    queryFn: ({ signal }) => request<StudyDetail>("GET", `/backtest/studies/${id}`, { signal }),
    refetchInterval: ({ state }) => (isAtWork(state.data) ? POLL_MS : false),
  })

export const studyCalls = {
  start: (asked: StudyAsked) => request<Study>("POST", "/backtest/studies", { body: asked }),
  cancel: (id: string) => request<Study>("POST", `/backtest/studies/${id}/cancel`),
  resume: (id: string) => request<Study>("POST", `/backtest/studies/${id}/resume`),
  remove: (id: string) => request<void>("DELETE", `/backtest/studies/${id}`),
}

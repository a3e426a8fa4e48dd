import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  StudyDetail as StudyDetailOut,
  StudyOut,
  StudyRequest,
} from "@tradertape/api/generated/types.gen.ts"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"

export type Study = StudyOut

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
  step: number
  p5: number
  p25: number
  p50: number
  p75: number
  p95: number
}

export interface MonteCarloResult {
  kind: "monte_carlo"
  method: string
  unit: "days" | "trades"
  results: number
  runs: number
  p5: number
  p50: number
  p95: number
  max_drawdown: {
    p5: number
    p50: number
    p95: number
    actual: number | null
    milder_pct: number | null
  }
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

export interface StartUpRow {
  indicator: string
  start_up_bars: number
  max_difference_pct: number | null
  undefined: number
}

export interface StartUpResult {
  kind: "recursive"
  rows: StartUpRow[]
}

export type StudyResult = SweepResult | MonteCarloResult | WalkForwardResult | LookaheadResult | StartUpResult

export type StudyDetail = Omit<StudyDetailOut, "result"> & { result: StudyResult | null }

export interface Range {
  min: number
  max: number
  step: number
}

export type NewStudy = StudyRequest

const POLL_MS = 1_000

export function isAtWork(study: Pick<Study, "status"> | undefined): boolean {
  return study?.status === "queued" || study?.status === "running"
}

export const studiesQuery = (runId: string) =>
  queryOptions({
    queryKey: ["studies", "of", runId],
    queryFn: ({ signal }) => unwrap(api.listStudies({ signal, query: { run_id: runId } })),
  })

export const studyQuery = (id: string) =>
  queryOptions({
    queryKey: ["studies", id],
    queryFn: async ({ signal }) =>
      (await unwrap(api.getStudy({ signal, path: { study_id: id } }))) as unknown as StudyDetail,
    refetchInterval: ({ state }) => (isAtWork(state.data) ? POLL_MS : false),
  })

export const studyCalls = {
  start: (study: NewStudy) => unwrap(api.startStudy({ body: study })),
  cancel: (id: string) => unwrap(api.cancelStudy({ path: { study_id: id } })),
  resume: (id: string) => unwrap(api.resumeStudy({ path: { study_id: id } })),
  remove: (id: string) => unwrap(api.deleteStudy({ path: { study_id: id } })),
}

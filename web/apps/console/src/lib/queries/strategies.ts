import { queryOptions } from "@tanstack/react-query"
import { type Complaint, request, requestPage } from "@tradertape/api/http.ts"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"

export type Tab = "mine" | "templates" | "public"

export interface Section {
  title: string
  sentences: string[]
}

export interface English {
  summary: string
  sections: Section[]
}

export type Strategy = StrategyDocument & {
  id: number
  user_id: number | null
  version: number
  is_active: boolean
  is_template: boolean
  is_public: boolean
  is_mine: boolean
  template_key: string | null
  forked_from: { id: number; version: number } | null
  owner: { display_name: string }
  english: English
  created_at: string
  updated_at: string
}

export interface Verdict {
  valid: boolean
  errors: Complaint[]
  document: StrategyDocument | null
  english: English | null
}

export interface IndicatorParam {
  name: string
  kind: "int" | "float"
  default: number
  minimum: number
  maximum: number
}

export interface IndicatorEntry {
  name: string
  title: string
  family: string
  inputs: string[]
  params: IndicatorParam[]
  outputs: string[]
  unit: string
  source: string
  warm_up: number
  is_boolean: boolean
}

export interface ShortName {
  name: string
  fn: string
  params: Record<string, number>
  output: string
  title: string
}

export interface Catalogue {
  indicators: IndicatorEntry[]
  short_names: ShortName[]
  position_fields: string[]
}

export interface Version {
  version: number
  created_at: string
  name: string
  note: string
  is_current: boolean
  document: StrategyDocument
}

export interface ExplainNode {
  type: string
  english: string
  verdict: boolean | null
  /** What came out, with the values seen: "RSI(14) 47.3 is not below 40". */
  saw: string
  operands: { english: string; value: number | null; unit: string }[]
  conditions: ExplainNode[]
}

export interface Explanation {
  symbol: string
  date: string
  is_signal: boolean
  would_buy: boolean
  conclusion: string
  is_member: boolean
  entry: ExplainNode
  filters: { name: string; passed: boolean; saw: string }[]
  regime: (ExplainNode & { index: string; when_false: string }) | null
  conviction: {
    score: number
    base: number
    minimum: number
    breakdown: { name: string; input: number | boolean | null; points: number }[]
  } | null
  warnings: string[]
}

export interface TrialSignals {
  symbol: string
  universe: string
  simulated: boolean
  data_version: string
  candles: { date: string; open: number; high: number; low: number; close: number; volume: number }[]
  signals: { date: string; close: number; conviction: number; regime_ok: boolean }[]
  conviction_histogram: { from: number; to: number; signals: number }[]
  warnings: string[]
}

/** A document, saved or not, and what to try it on. */
export interface Trial {
  strategy: StrategyDocument
  symbol: string
  universe: string
  data_set?: string
}

export const signalsQuery = (trial: Trial, start_date: string, end_date: string) =>
  queryOptions({
    queryKey: ["strategies", "signals", trial, start_date, end_date],
    queryFn: ({ signal }) =>
      request<TrialSignals>("POST", "/strategies/signals", {
        signal,
        body: { ...trial, start_date, end_date },
      }),
    staleTime: 300_000,
  })

export const explainQuery = (trial: Trial, day: string) =>
  queryOptions({
    queryKey: ["strategies", "explain", trial, day],
    queryFn: ({ signal }) =>
      request<Explanation>("POST", "/strategies/explain", { signal, body: { ...trial, day } }),
    staleTime: 300_000,
  })

export const strategiesQuery = (tab: Tab) =>
  queryOptions({
    queryKey: ["strategies", "list", tab],
    queryFn: ({ signal }) =>
      requestPage<Strategy>("/strategies", { signal, query: { scope: tab, limit: 200 } }),
  })

export const strategyQuery = (id: number) =>
  queryOptions({
    queryKey: ["strategies", id],
    queryFn: ({ signal }) => request<Strategy>("GET", `/strategies/${id}`, { signal }),
  })

export const versionsQuery = (id: number) =>
  queryOptions({
    queryKey: ["strategies", id, "versions"],
    queryFn: ({ signal }) => request<Version[]>("GET", `/strategies/${id}/versions`, { signal }),
  })

export const catalogueQuery = queryOptions({
  queryKey: ["strategies", "indicators"],
  queryFn: ({ signal }) => request<Catalogue>("GET", "/strategies/indicators", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const verdictQuery = (document: StrategyDocument) =>
  queryOptions({
    queryKey: ["strategies", "validate", JSON.stringify(document)],
    queryFn: ({ signal }) => request<Verdict>("POST", "/strategies/validate", { signal, body: document }),
    staleTime: 300_000,
    gcTime: 60_000,
  })

export const strategyCalls = {
  create: (document: StrategyDocument) => request<Strategy>("POST", "/strategies", { body: document }),
  save: (id: number, document: StrategyDocument, expectedVersion: number) =>
    request<Strategy>("PUT", `/strategies/${id}`, {
      body: { ...document, expected_version: expectedVersion },
    }),
  fork: (id: number) => request<Strategy>("POST", `/strategies/${id}/fork`),
  share: (id: number, isPublic: boolean) =>
    request<Strategy>("POST", `/strategies/${id}/share`, { body: { is_public: isPublic } }),
  remove: (id: number) => request<void>("DELETE", `/strategies/${id}`),
  restore: (id: number, version: number) =>
    request<Strategy>("POST", `/strategies/${id}/versions/${version}/restore`),
  import: (document: unknown) => request<Strategy>("POST", "/strategies/import", { body: document }),
}

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
  text: string
  verdict: boolean | null
  values?: Record<string, number | null>
  children?: ExplainNode[]
}

export interface Explained {
  symbol: string
  date: string
  entry: boolean
  conviction: number | null
  tree: ExplainNode
}

export interface SignalDays {
  symbol: string
  simulated: boolean
  signals: { date: string; conviction: number | null }[]
}

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

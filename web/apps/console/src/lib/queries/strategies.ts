import { queryOptions } from "@tanstack/react-query"
import { unwrap, unwrapPage } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  Catalogue,
  English,
  Explanation as ExplanationOut,
  IndicatorOut,
  Signals,
  StrategyOut,
  VersionOut,
} from "@tradertape/api/generated/types.gen.ts"
import type { StrategyDocument } from "@tradertape/api/strategy.ts"

export type { Catalogue, English }
export type IndicatorEntry = IndicatorOut
export type Version = VersionOut

export type Tab = "mine" | "templates" | "public"

/** A strategy from the server, with typed condition trees. */
export type Strategy = StrategyDocument &
  Pick<
    StrategyOut,
    | "id"
    | "user_id"
    | "version"
    | "is_active"
    | "is_template"
    | "is_public"
    | "is_mine"
    | "template_key"
    | "forked_from"
    | "owner"
    | "english"
    | "created_at"
    | "updated_at"
  >

const typed = (strategy: StrategyOut) => strategy as unknown as Strategy

export interface ExplainNode {
  type: string
  english: string
  verdict: boolean | null
  /** The result with actual values: "RSI(14) 47.3 is not below 40". */
  saw: string
  operands: { english: string; value: number | null; unit: string }[]
  conditions: ExplainNode[]
}

/** The explanation with typed trees. */
export type Explanation = Omit<ExplanationOut, "entry" | "filters" | "regime" | "conviction"> & {
  entry: ExplainNode
  filters: { name: string; passed: boolean; saw: string }[]
  regime: (ExplainNode & { index: string; when_false: string }) | null
  conviction: {
    score: number
    base: number
    minimum: number
    breakdown: { name: string; input: number | boolean | null; points: number }[]
  } | null
}

export type TrialSignals = Omit<Signals, "conviction_histogram"> & {
  conviction_histogram: { from: number; to: number; signals: number }[]
}

/** A document, saved or not, and the stock to test it on. */
export interface Trial {
  strategy: StrategyDocument
  symbol: string
  universe: string
  data_set?: string
}

const loose = (trial: Trial) => ({ ...trial, strategy: { ...trial.strategy } as Record<string, unknown> })

export const signalsQuery = (trial: Trial, start_date: string, end_date: string) =>
  queryOptions({
    queryKey: ["strategies", "signals", trial, start_date, end_date],
    queryFn: async ({ signal }) => {
      const body = { ...loose(trial), start_date, end_date }
      return (await unwrap(api.signalsOnSymbol({ signal, body }))) as unknown as TrialSignals
    },
    staleTime: 300_000,
  })

export const explainQuery = (trial: Trial, day: string, start_date: string) =>
  queryOptions({
    queryKey: ["strategies", "explain", trial, day, start_date],
    queryFn: async ({ signal }) => {
      const body = { ...loose(trial), day, start_date }
      return (await unwrap(api.explainDay({ signal, body }))) as unknown as Explanation
    },
    staleTime: 300_000,
  })

export const strategiesQuery = (tab: Tab) =>
  queryOptions({
    queryKey: ["strategies", "list", tab],
    queryFn: async ({ signal }) => {
      const { items, total } = await unwrapPage(
        api.listStrategies({ signal, query: { scope: tab, limit: 200 } }),
      )
      return { items: items.map(typed), total }
    },
  })

export const strategyQuery = (id: number) =>
  queryOptions({
    queryKey: ["strategies", id],
    queryFn: async ({ signal }) =>
      typed(await unwrap(api.getStrategy({ signal, path: { strategy_id: id } }))),
  })

export const versionsQuery = (id: number) =>
  queryOptions({
    queryKey: ["strategies", id, "versions"],
    queryFn: ({ signal }) =>
      unwrap(api.listVersions({ signal, path: { strategy_id: id }, query: { limit: 200 } })),
  })

export const catalogueQuery = queryOptions({
  queryKey: ["strategies", "indicators"],
  queryFn: ({ signal }) => unwrap(api.indicatorCatalogue({ signal })),
  staleTime: Number.POSITIVE_INFINITY,
})

export const verdictQuery = (document: StrategyDocument) =>
  queryOptions({
    queryKey: ["strategies", "validate", JSON.stringify(document)],
    queryFn: ({ signal }) => unwrap(api.validateStrategy({ signal, body: { ...document } })),
    staleTime: 300_000,
    gcTime: 60_000,
  })

/** A document as a request body: condition trees are free-form in the API schema. */
type Wire = { name: string; base_model: string; [key: string]: unknown }

const wire = (document: StrategyDocument) => ({ ...document }) as unknown as Wire

export const strategyCalls = {
  create: async (document: StrategyDocument) =>
    typed(await unwrap(api.createStrategy({ body: wire(document) }))),
  save: async (id: number, document: StrategyDocument, expected_version: number) => {
    const body = { ...wire(document), expected_version }
    return typed(await unwrap(api.replaceStrategy({ path: { strategy_id: id }, body })))
  },
  fork: async (id: number) => typed(await unwrap(api.forkStrategy({ path: { strategy_id: id } }))),
  share: async (id: number, is_public: boolean) =>
    typed(await unwrap(api.shareStrategy({ path: { strategy_id: id }, body: { is_public } }))),
  remove: (id: number) => unwrap(api.deleteStrategy({ path: { strategy_id: id } })),
  restore: async (id: number, version: number) =>
    typed(await unwrap(api.restoreVersion({ path: { strategy_id: id, version } }))),
  import: async (document: StrategyDocument) =>
    typed(await unwrap(api.importStrategy({ body: wire(document) }))),
}

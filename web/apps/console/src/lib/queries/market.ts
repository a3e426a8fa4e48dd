import { queryOptions } from "@tanstack/react-query"
import { request } from "@tradertape/api/http.ts"

export interface DataSet {
  name: string
  active: boolean
  simulated: boolean
  basis: string
  data_version: string
  source: string
  first: string | null
  last: string | null
  symbols: number
  candles: number
  indices: string[]
  gaps: number
  rejected: number
  updated_at: string
}

export interface Universe {
  name: string
  title: string
  members: number
  with_candles: number
  /** First day whose membership is known; null: today's list throughout. */
  since: string | null
}

export interface CandleRow {
  date: string
  open: number | null
  high: number | null
  low: number | null
  close: number
  volume: number | null
}

export interface Candles {
  symbol: string
  name: string
  sector: string
  simulated: boolean
  data_version: string
  candles: CandleRow[]
}

export interface SymbolRow {
  symbol: string
  name: string
  sector: string
}

const HOUR = 3_600_000

export const dataSetsQuery = queryOptions({
  queryKey: ["market", "data-sets"],
  queryFn: ({ signal }) => request<DataSet[]>("GET", "/market/data-sets", { signal }),
  staleTime: 60_000,
})

export const universesQuery = (dataSet?: string) =>
  queryOptions({
    queryKey: ["market", "universes", dataSet ?? ""],
    queryFn: ({ signal }) =>
      request<Universe[]>("GET", "/market/universes", { signal, query: { data_set: dataSet } }),
    staleTime: HOUR,
  })

export const symbolsQuery = (dataSet?: string) =>
  queryOptions({
    queryKey: ["market", "symbols", dataSet ?? ""],
    queryFn: ({ signal }) =>
      request<SymbolRow[]>("GET", "/market/symbols", { signal, query: { data_set: dataSet, limit: 500 } }),
    staleTime: HOUR,
  })

interface CandleRange {
  symbol: string
  start: string
  end: string
  dataSet?: string
}

export const candlesQuery = ({ symbol, start, end, dataSet }: CandleRange) =>
  queryOptions({
    queryKey: ["market", "candles", symbol, start, end, dataSet ?? ""],
    queryFn: ({ signal }) =>
      request<Candles>("GET", `/market/candles/${encodeURIComponent(symbol)}`, {
        signal,
        query: { from: start, to: end, data_set: dataSet },
      }),
    staleTime: HOUR,
  })

import { queryOptions } from "@tanstack/react-query"
import { request } from "@tradertape/api/http.ts"

export interface DataSet {
  name: string
  title?: string
  active: boolean
  simulated: boolean
  data_version: string
  first_date: string | null
  last_date: string | null
  symbols: number
  candles: number
  updated_at?: string | null
}

export interface Universe {
  name: string
  title: string
  symbols: number
}

export interface Candles {
  symbol: string
  simulated: boolean
  data_version: string
  candles: { date: string; open: number; high: number; low: number; close: number; volume: number }[]
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
        query: { start, end, data_set: dataSet },
      }),
    staleTime: HOUR,
  })

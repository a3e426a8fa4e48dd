import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { CandleOut, DataSetOut } from "@tradertape/api/generated/types.gen.ts"

export type DataSet = DataSetOut
export type CandleRow = CandleOut

const HOUR = 3_600_000

export const dataSetsQuery = queryOptions({
  queryKey: ["market", "data-sets"],
  queryFn: ({ signal }) => unwrap(api.listDataSets({ signal })),
  staleTime: 60_000,
})

export const universesQuery = (dataSet?: string) =>
  queryOptions({
    queryKey: ["market", "universes", dataSet ?? ""],
    queryFn: ({ signal }) => unwrap(api.listUniverses({ signal, query: { data_set: dataSet } })),
    staleTime: HOUR,
  })

export const symbolsQuery = (dataSet?: string) =>
  queryOptions({
    queryKey: ["market", "symbols", dataSet ?? ""],
    queryFn: ({ signal }) => unwrap(api.findSymbols({ signal, query: { data_set: dataSet, limit: 500 } })),
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
      unwrap(
        api.showCandles({ signal, path: { symbol }, query: { from: start, to: end, data_set: dataSet } }),
      ),
    staleTime: HOUR,
  })

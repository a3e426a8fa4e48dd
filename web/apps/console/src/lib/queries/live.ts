import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { ActivityOut, InstrumentOut } from "@tradertape/api/generated/types.gen.ts"

export type Instrument = InstrumentOut
export type Activity = ActivityOut

const HOUR_MS = 3_600_000

/** One instrument. An unknown id is a 404 whose message suggests similar names. */
export const instrumentQuery = (id: string) =>
  queryOptions({
    queryKey: ["instruments", id],
    queryFn: ({ signal }) => unwrap(api.resolveInstrument({ signal, query: { symbol: id } })),
    staleTime: HOUR_MS,
  })

export const instrumentSearchQuery = (words: string, limit = 12) =>
  queryOptions({
    queryKey: ["instruments", "search", words, limit],
    queryFn: ({ signal }) => unwrap(api.searchInstruments({ signal, query: { query: words, limit } })),
    enabled: words.trim().length > 0,
    staleTime: HOUR_MS,
  })

/** Historical candles, up to the last completed session. */
export const candleHistoryQuery = (symbol: string, interval: string, from: string) =>
  queryOptions({
    queryKey: ["live", "history", symbol, interval, from],
    queryFn: async ({ signal }) =>
      await unwrap(api.liveHistory({ signal, query: { symbol, interval, from } })),
    staleTime: 5 * 60_000,
  })

const CANDLES_MS = 10_000
/** A contract that was never subscribed has no candles until its first ticks. */
const FIRST_CANDLE_MS = 2_000

/** Candles of the current session; between two responses the chart follows the ticks. */
export const sessionCandlesQuery = (symbol: string, interval: string) =>
  queryOptions({
    queryKey: ["live", "candles", symbol, interval],
    queryFn: async ({ signal }) =>
      await unwrap(api.liveCandles({ signal, query: { symbol, interval, lookback: 500 } })),
    refetchInterval: ({ state }) => (state.data?.count ? CANDLES_MS : FIRST_CANDLE_MS),
  })

/** A snapshot of many quotes, to sort a list. */
export const readQuotes = async (symbols: string[]) =>
  await unwrap(api.liveQuotes({ body: { symbols, mode: "quote" } }))

export const activityQuery = (instrument: string) =>
  queryOptions({
    queryKey: ["activity", instrument],
    queryFn: ({ signal }) => unwrap(api.instrumentActivity({ signal, query: { instrument } })),
    refetchInterval: 30_000,
  })

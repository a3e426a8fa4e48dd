import { type QueryClient, queryOptions } from "@tanstack/react-query"
import { ApiError } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type {
  BrokerOrderOut,
  HoldingOut,
  MarginOut,
  TradertapeServerFeaturesHoldingsSchemasPositionOut,
} from "@tradertape/api/generated/types.gen.ts"

export type Holding = HoldingOut
export type Position = TradertapeServerFeaturesHoldingsSchemasPositionOut
export type BrokerOrder = BrokerOrderOut
export type Margin = MarginOut

/** What every row tells: whose it is and from when. */
export type AtBroker = Pick<Holding, "broker" | "account" | "environment" | "age_s" | "stale">

export interface Answer<T> {
  rows: T[]
  /** Of the oldest rows. */
  age_s: number
  /** Accounts that could not be read now, `kite:AB1234`: their rows are old, or missing. */
  failed: string[]
}

/** The server keeps an answer for as long. */
const POLL_MS = 30_000

interface Asked {
  signal: AbortSignal
  query?: { refresh: boolean }
}

type Call<T> = (asked: Asked) => Promise<{ data: T[]; response: Response }>

async function read<T>(call: Call<T>, asked: Asked): Promise<Answer<T>> {
  const { data, response } = await call(asked)
  return {
    rows: data,
    age_s: Number(response.headers.get("X-Data-Age") ?? 0),
    failed: accountsOf(response.headers.get("X-Failed-Accounts")),
  }
}

/** The accounts that a header names. */
export const accountsOf = (header: string | null) =>
  (header ?? "").split(",").flatMap((account) => account.trim() || [])

const answers = <T>(what: string, call: Call<T>) =>
  queryOptions({
    queryKey: ["portfolio", what],
    queryFn: ({ signal }) => read(call, { signal }),
    refetchInterval: POLL_MS,
  })

/** Asks the brokers even where the server has a fresh answer. */
const renewal =
  <T>(what: string, call: Call<T>) =>
  (client: QueryClient) =>
    client.fetchQuery({
      queryKey: ["portfolio", what],
      queryFn: ({ signal }) => read(call, { signal, query: { refresh: true } }),
      staleTime: 0,
    })

export const holdingsQuery = answers<Holding>("holdings", api.listHoldings)
export const positionsQuery = answers<Position>("positions", api.listBrokerPositions)
export const brokerOrdersQuery = answers<BrokerOrder>("orders", api.listBrokerOrders)
export const marginsQuery = answers<Margin>("margins", api.listMargins)

export const renewals = {
  holdings: renewal<Holding>("holdings", api.listHoldings),
  positions: renewal<Position>("positions", api.listBrokerPositions),
  orders: renewal<BrokerOrder>("orders", api.listBrokerOrders),
  funds: renewal<Margin>("margins", api.listMargins),
}

/** Whether no broker is connected, or its session is over. */
export function isNotConnected(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409
}

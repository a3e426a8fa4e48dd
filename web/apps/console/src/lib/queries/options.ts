import { keepPreviousData, queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { OptionType, OrderSide } from "@tradertape/api/options.ts"

const CHAIN_MS = 2_000
const PREVIEW_MS = 3_000

export const underlyingsQuery = queryOptions({
  queryKey: ["options", "underlyings"],
  queryFn: ({ signal }) => unwrap(api.listUnderlyings({ signal })),
  staleTime: 3_600_000,
})

export const optionSessionQuery = (underlying: string) =>
  queryOptions({
    queryKey: ["options", underlying, "session"],
    queryFn: async ({ signal }) => await unwrap(api.showSession({ signal, path: { underlying } })),
    staleTime: 60_000,
    refetchInterval: 60_000,
  })

/** The whole chain, polled every two seconds while shown. */
export const chainQuery = (underlying: string, expiry: string) =>
  queryOptions({
    queryKey: ["options", underlying, "chain", expiry],
    queryFn: async ({ signal }) =>
      await unwrap(api.showChain({ signal, path: { underlying }, query: { expiry } })),
    enabled: expiry !== "",
    staleTime: CHAIN_MS,
    refetchInterval: CHAIN_MS,
  })

export const spreadsQuery = queryOptions({
  queryKey: ["options", "spreads"],
  queryFn: ({ signal }) => unwrap(api.listSpreads({ signal })),
  staleTime: 3_600_000,
})

export interface PreviewRequest {
  underlying: string
  product: "NRML" | "MIS"
  legs: { tradingsymbol: string; exchange: string; transaction_type: OrderSide; lots: number }[]
  days_ahead: number | null
}

/** Preview a strategy at current prices, computed by the server. */
export const previewQuery = (request: PreviewRequest) =>
  queryOptions({
    queryKey: ["options", "preview", request],
    queryFn: async ({ signal }) => await unwrap(api.previewStrategy({ signal, body: request })),
    enabled: request.legs.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.status === "error" ? false : PREVIEW_MS),
  })

export interface SpreadRequest {
  underlying: string
  spread: string
  expiry: string
  lots: number
  distance: number | null
  width: number
}

export const optionCalls = {
  /** The legs of a named strategy, resolved against the current chain. */
  resolve: async (request: SpreadRequest) => await unwrap(api.previewStrategy({ body: request })),
  /** The contract of a strike and an expiry. */
  contract: async (underlying: string, expiry: string, option_type: OptionType, strike: number) => {
    const answer = await unwrap(
      api.selectContracts({ path: { underlying }, body: { expiry, legs: [{ option_type, strike }] } }),
    )
    return answer.resolved[0]
  },
}

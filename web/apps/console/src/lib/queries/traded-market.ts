import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { TradedMarket } from "@tradertape/api/generated/types.gen.ts"

export const tradedMarketQuery = queryOptions({
  queryKey: ["traded-market"],
  queryFn: ({ signal }) => unwrap(api.tradedMarket({ signal })),
  refetchInterval: ({ state }) => (state.data?.needs_restart && state.data.switches_itself ? 2_000 : false),
})

export const chooseMarket = (market: TradedMarket) => unwrap(api.chooseMarket({ body: { market } }))

/** The prices of a market in words, for labels. */
export const MARKET_TITLES: Record<string, string> = {
  simulated: "Simulated",
  exchange: "Real exchange",
  sandbox: "Broker sandbox",
}

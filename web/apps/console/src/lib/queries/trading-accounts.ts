import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { AccountIn, TradingAccountOut, TradingAccounts } from "@tradertape/api/generated/types.gen.ts"

export const tradingAccountsQuery = queryOptions({
  queryKey: ["trading-accounts"],
  queryFn: ({ signal }) => unwrap(api.workerListAccounts({ signal })),
})

/** Those of paper: the money of an account at a broker is the broker's to tell. */
export const paperAccounts = ({ items }: TradingAccounts): TradingAccountOut[] =>
  items.filter(({ kind }) => kind === "paper")

export const openPaperAccount = (body: AccountIn) => unwrap(api.workerOpenAccount({ body }))

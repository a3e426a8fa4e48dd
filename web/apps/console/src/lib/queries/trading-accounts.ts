import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { AccountIn } from "@tradertape/api/generated/types.gen.ts"

export const tradingAccountsQuery = queryOptions({
  queryKey: ["trading-accounts"],
  queryFn: ({ signal }) => unwrap(api.workerListAccounts({ signal })),
})

export const openPaperAccount = (body: AccountIn) => unwrap(api.workerOpenAccount({ body }))

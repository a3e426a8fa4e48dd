import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"
import type { DifferenceOut, IgnoreIn, ReconciliationOut } from "@tradertape/api/generated/types.gen.ts"
import { once } from "@tradertape/api/once.ts"

export type Reconciliation = ReconciliationOut
export type Difference = DifferenceOut

export const reconciliationQuery = queryOptions({
  queryKey: ["reconciliation"],
  queryFn: ({ signal }) => unwrap(api.showReconciliation({ signal })),
  refetchInterval: 60_000,
})

export const reconciliationCalls = {
  check: () => unwrap(api.checkReconciliation({})),
  ignore: (body: IgnoreIn) =>
    once({ ignore: body }, (headers) => unwrap(api.ignoreDifference({ body, headers }))),
  reportAgain: ({ account_scope, instrument }: Difference) =>
    unwrap(api.reportDifferenceAgain({ query: { account_scope, instrument } })),
}

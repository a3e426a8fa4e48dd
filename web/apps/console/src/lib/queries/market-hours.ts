import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"

/** The state of the live market, polled because auction phases last only minutes. */
export const marketHoursQuery = queryOptions({
  queryKey: ["live", "hours"],
  queryFn: ({ signal }) => unwrap(api.feedStatus({ signal })),
  refetchInterval: 15_000,
})

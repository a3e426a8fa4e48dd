import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"

/** The session of the live market, if there is one now. */
export const marketHoursQuery = queryOptions({
  queryKey: ["live", "hours"],
  queryFn: ({ signal }) => unwrap(api.feedStatus({ signal })),
  refetchInterval: 60_000,
})

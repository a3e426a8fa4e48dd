import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import * as api from "@tradertape/api/generated/sdk.gen.ts"

/** What the live market does now; an auction's parts last minutes. */
export const marketHoursQuery = queryOptions({
  queryKey: ["live", "hours"],
  queryFn: ({ signal }) => unwrap(api.feedStatus({ signal })),
  refetchInterval: 15_000,
})

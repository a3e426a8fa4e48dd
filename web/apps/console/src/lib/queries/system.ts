import { queryOptions } from "@tanstack/react-query"
import { unwrap } from "@tradertape/api/client.ts"
import { changelog } from "@tradertape/api/generated/sdk.gen.ts"
import type { EntryRow } from "@tradertape/api/generated/types.gen.ts"

export type Release = EntryRow

export const changelogQuery = queryOptions({
  queryKey: ["changelog"],
  queryFn: ({ signal }) => unwrap(changelog({ signal })),
  staleTime: 3_600_000,
})

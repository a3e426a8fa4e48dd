import { queryOptions } from "@tanstack/react-query"
import { request } from "@tradertape/api/http.ts"

export interface Release {
  version: string
  date: string | null
  breaking: boolean
  sections: Record<string, string[]>
}

export const changelogQuery = queryOptions({
  queryKey: ["changelog"],
  queryFn: ({ signal }) => request<Release[]>("GET", "/changelog", { signal }),
  staleTime: 3_600_000,
})

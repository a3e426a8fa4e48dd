import type { getRouteApi } from "@tanstack/react-router"
import type { wealthQueries } from "@/lib/queries/wealth"

export interface TabProps {
  queries: ReturnType<typeof wealthQueries>
}

/** Where the tabs keep what was chosen. */
export const ROUTE = "/frame/net-worth" satisfies Parameters<typeof getRouteApi>[0]

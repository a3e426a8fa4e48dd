import type { getRouteApi } from "@tanstack/react-router"
import type { journalQueries } from "@/lib/queries/journal"

export interface TabProps {
  queries: ReturnType<typeof journalQueries>
}

/** Where the tabs keep what was chosen. */
export const ROUTE = "/frame/journal" satisfies Parameters<typeof getRouteApi>[0]

import { useQueryClient } from "@tanstack/react-query"
import { useRef } from "react"
import { type AccountEvent, useAccountEvents } from "@/lib/live"
import { killSwitchQuery } from "@/lib/queries/risk"
import { overviewQuery } from "@/lib/queries/workers"

const REFETCH_DELAY_MS = 400
/** Query keys whose data changes without any action on this page. */
const LIVE = new Set<unknown>([
  "activity",
  "brokers",
  "gtts",
  "live",
  "models",
  "options",
  "portfolio",
  "risk",
  "watchlists",
  "workers",
])

/** Refetch what the frame and the lists show after account events, at most once per REFETCH_DELAY_MS. */
export function useAccountUpdates(): void {
  const client = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useAccountEvents((event) => {
    // After a lost connection refetch everything live: events may have been missed and charts may have gaps.
    if (event === null) {
      void client.invalidateQueries({ predicate: ({ queryKey }) => LIVE.has(queryKey[0]) })
      return
    }
    if (isSwitch(event)) void client.invalidateQueries({ queryKey: killSwitchQuery.queryKey })
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      void client.invalidateQueries({ queryKey: overviewQuery.queryKey })
      void client.invalidateQueries({ queryKey: ["workers", "list"] })
      void client.invalidateQueries({ queryKey: ["portfolio", "orders"] })
    }, REFETCH_DELAY_MS)
  })
}

/** The kill switch sends its own event, and one in the timeline of each run it halts. */
function isSwitch(event: AccountEvent): boolean {
  return event.event === "kill_switch" || event.event_type?.includes("kill_switch") === true
}

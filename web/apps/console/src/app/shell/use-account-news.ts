import { useQueryClient } from "@tanstack/react-query"
import { useRef } from "react"
import { type AccountEvent, useAccountEvents } from "@/lib/live"
import { killSwitchQuery } from "@/lib/queries/risk"
import { overviewQuery } from "@/lib/queries/workers"

const SOON_MS = 400
/** What changes while nobody here changes it. */
const LIVE = new Set<unknown>(["activity", "gtts", "live", "options", "risk", "watchlists", "workers"])

/** Keeps what the frame and the lists show up to date: whatever happens on the account renews them, once a moment. */
export function useAccountNews(): void {
  const client = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useAccountEvents((event) => {
    // After a break what may have changed is read again: what failed meanwhile, and charts with a hole in them.
    if (event === null) {
      void client.invalidateQueries({ predicate: ({ queryKey }) => LIVE.has(queryKey[0]) })
      return
    }
    if (isSwitch(event)) void client.invalidateQueries({ queryKey: killSwitchQuery.queryKey })
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      void client.invalidateQueries({ queryKey: overviewQuery.queryKey })
      void client.invalidateQueries({ queryKey: ["workers", "list"] })
    }, SOON_MS)
  })
}

/** The kill switch speaks for itself, and through the timelines of the runs it halts. */
function isSwitch(event: AccountEvent): boolean {
  return event.event === "kill_switch" || event.event_type?.includes("kill_switch") === true
}

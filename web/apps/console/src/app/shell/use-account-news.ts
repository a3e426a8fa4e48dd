import { useQueryClient } from "@tanstack/react-query"
import { useRef } from "react"
import { type AccountEvent, useAccountEvents } from "@/lib/live"
import { killSwitchQuery } from "@/lib/queries/risk"
import { overviewQuery } from "@/lib/queries/workers"

const SOON_MS = 400

/** Keeps what the frame and the lists show up to date: whatever happens on the account renews them, once a moment. */
export function useAccountNews(): void {
  const client = useQueryClient()
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useAccountEvents((event) => {
    if (event === null || isSwitch(event))
      void client.invalidateQueries({ queryKey: killSwitchQuery.queryKey })
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

import { useEffect, useRef, useSyncExternalStore } from "react"
import { type EventHandler, type FeedStatus, LiveSocket, type Wire } from "./live-socket"
import type { Tick, TickMode } from "./live-types"

export type { EventHandler, FeedStatus, Link } from "./live-socket"
export type { AccountEvent, DepthLevel, Tick, TickMode } from "./live-types"

function open(): Wire {
  const { protocol, host } = window.location
  return new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/api/ws/ticks`)
}

/** The one socket of this page. Components use the hooks below; only the shell and tests need it itself. */
export const live = new LiveSocket({ open, soon: (work) => requestAnimationFrame(work), random: Math.random })

if (typeof window !== "undefined") {
  window.addEventListener("online", () => live.wake())
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.wake()
  })
}

/** The latest tick of an instrument (`NSE:INFY`), live while the component is there; undefined before the first. */
export function useTick(id: string | undefined, mode: TickMode = "quote"): Tick | undefined {
  useEffect(() => (id ? live.want(id, mode) : undefined), [id, mode])
  return useSyncExternalStore(
    (changed) => (id ? live.listen(id, changed) : () => {}),
    () => (id ? live.tick(id) : undefined),
  )
}

/** How the connection and the prices behind it are. `live.heardAt()` says since when, for an age in seconds. */
export function useFeedStatus(): FeedStatus {
  return useSyncExternalStore(
    (changed) => live.listenStatus(changed),
    () => live.status(),
  )
}

/** Every event of the account: orders, fills, runs, protection, triggers. `null` after a break: read again. */
export function useAccountEvents(handler: EventHandler): void {
  const current = useRef(handler)
  current.current = handler
  useEffect(() => live.hear((event) => current.current(event)), [])
}

/** What the server last said on a channel (`runs`, `run:<id>`), about once a second while it changes. */
export function useChannel<T>(topic: string | undefined): T | undefined {
  useEffect(() => (topic ? live.join(topic) : undefined), [topic])
  return useSyncExternalStore(
    (changed) => (topic ? live.listen(topic, changed) : () => {}),
    () => (topic ? (live.channel(topic) as T | undefined) : undefined),
  )
}

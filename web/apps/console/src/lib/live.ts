import { useEffect, useRef, useSyncExternalStore } from "react"
import { type EventHandler, type FeedStatus, LiveSocket, type Socket } from "./live-socket"
import type { Tick, TickMode } from "./live-types"

export type { EventHandler, FeedStatus, Link } from "./live-socket"
export type { AccountEvent, DepthLevel, Tick, TickMode } from "./live-types"

function open(): Socket {
  const { protocol, host } = window.location
  return new WebSocket(`${protocol === "https:" ? "wss" : "ws"}://${host}/api/ws/ticks`)
}

/** The single live connection of the page. Components should use the hooks below. */
export const live = new LiveSocket({
  open,
  schedule: (work) => requestAnimationFrame(work),
  random: Math.random,
  switched: () => window.location.reload(),
})

if (typeof window !== "undefined") {
  window.addEventListener("online", () => live.reconnect())
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") live.reconnect()
  })
}

/** The latest tick of an instrument (`NSE:INFY`), subscribed while the component is mounted; undefined before the first. */
export function useTick(id: string | undefined, mode: TickMode = "quote"): Tick | undefined {
  useEffect(() => (id ? live.subscribeTicks(id, mode) : undefined), [id, mode])
  return useSyncExternalStore(
    (changed) => (id ? live.onChange(id, changed) : () => {}),
    () => (id ? live.tick(id) : undefined),
  )
}

/** The status of the connection and the price feed. For the age of the data see `live.lastMessageAt()`. */
export function useFeedStatus(): FeedStatus {
  return useSyncExternalStore(
    (changed) => live.onStatusChange(changed),
    () => live.status(),
  )
}

/** Receive all events of the account: orders, fills, runs, protection, GTTs. `null` after a lost connection: refetch. */
export function useAccountEvents(handler: EventHandler): void {
  const current = useRef(handler)
  current.current = handler
  useEffect(() => live.subscribeEvents((event) => current.current(event)), [])
}

/** The last value of a channel (`runs`, `run:<id>`), updated about once a second while it changes. */
export function useChannel<T>(topic: string | undefined): T | undefined {
  useEffect(() => (topic ? live.subscribeChannel(topic) : undefined), [topic])
  return useSyncExternalStore(
    (changed) => (topic ? live.onChange(topic, changed) : () => {}),
    () => (topic ? (live.channel(topic) as T | undefined) : undefined),
  )
}

import { useCallback, useEffect, useSyncExternalStore } from "react"
import { live } from "./live"
import type { Tick, TickMode } from "./live-types"

/** Age after which a price is shown as stale; the server uses the same limit. */
export const STALE_MS = 8_000

type Plain = number | string | boolean | null | undefined

/** Subscribe to the ticks of an instrument while the component is mounted; read them with `useTickPart`. */
export function useTicks(id: string, mode: TickMode = "quote"): void {
  useEffect(() => live.subscribeTicks(id, mode), [id, mode])
}

/** One field of the latest tick: the component renders again only when that field changes. */
export function useTickPart<T extends Plain>(id: string, part: (tick: Tick) => T): T | undefined {
  const listen = useCallback((changed: () => void) => live.onChange(id, changed), [id])
  return useSyncExternalStore(listen, () => {
    const tick = live.tick(id)
    return tick && part(tick)
  })
}

const actions = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** Call `action` every second, from one timer shared by all rows. Returns a function that stops it. */
export function everySecond(action: () => void): () => void {
  actions.add(action)
  timer ??= setInterval(() => {
    for (const one of actions) one()
  }, 1_000)
  return () => {
    actions.delete(action)
    if (actions.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Age of a stale tick in whole seconds; null while it is fresh or missing. */
export function staleFor(tick: Tick | undefined, now_ms: number): number | null {
  if (!tick) return null
  const passed = now_ms - new Date(tick.ts).getTime()
  return passed > STALE_MS ? Math.floor(passed / 1_000) : null
}

/** Seconds since the last tick of an instrument once it is stale; null while it is fresh. */
export function useStaleFor(id: string): number | null {
  const listen = useCallback(
    (changed: () => void) => {
      const unsubscribes = [live.onChange(id, changed), everySecond(changed)]
      return () => {
        for (const action of unsubscribes) action()
      }
    },
    [id],
  )
  return useSyncExternalStore(listen, () => staleFor(live.tick(id), Date.now()))
}

/** "12 s", "3 min", "2 h": the age of a stale price. */
export function staleWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

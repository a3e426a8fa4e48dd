import { useCallback, useEffect, useSyncExternalStore } from "react"
import { live } from "./live"
import type { Tick, TickMode } from "./live-types"

/** Without a tick for so long a price is shown as old; the server says the same of an instrument. */
export const STALE_MS = 8_000

type Plain = number | string | boolean | null | undefined

/** Want an instrument's ticks while the component is there; its parts are read with `useTickPart`. */
export function useWatch(id: string, mode: TickMode = "quote"): void {
  useEffect(() => live.want(id, mode), [id, mode])
}

/** One figure of the latest tick: the component is drawn again only when that figure is another. */
export function useTickPart<T extends Plain>(id: string, part: (tick: Tick) => T): T | undefined {
  const listen = useCallback((changed: () => void) => live.listen(id, changed), [id])
  return useSyncExternalStore(listen, () => {
    const tick = live.tick(id)
    return tick && part(tick)
  })
}

const beats = new Set<() => void>()
let beating: ReturnType<typeof setInterval> | undefined

/** One clock, a second long, for all rows: nobody needs a timer of their own to grow old. */
export function onBeat(action: () => void): () => void {
  beats.add(action)
  beating ??= setInterval(() => {
    for (const one of beats) one()
  }, 1_000)
  return () => {
    beats.delete(action)
    if (beats.size > 0) return
    clearInterval(beating)
    beating = undefined
  }
}

/** How old a tick is in whole seconds when it is old enough to be said; null while it is fresh or missing. */
export function staleFor(tick: Tick | undefined, now_ms: number): number | null {
  if (!tick) return null
  const passed = now_ms - new Date(tick.ts).getTime()
  return passed > STALE_MS ? Math.floor(passed / 1_000) : null
}

/** Seconds since the last tick of an instrument once its price is old; null while it is fresh. */
export function useStaleFor(id: string): number | null {
  const listen = useCallback(
    (changed: () => void) => {
      const unsubscribes = [live.listen(id, changed), onBeat(changed)]
      return () => {
        for (const action of unsubscribes) action()
      }
    },
    [id],
  )
  return useSyncExternalStore(listen, () => staleFor(live.tick(id), Date.now()))
}

/** "12 s", "3 min", "2 h": the age of an old price. */
export function staleWords(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`
}

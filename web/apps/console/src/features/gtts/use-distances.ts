import { useEffect, useState } from "react"
import { live } from "@/lib/live"
import type { Gtt } from "@/lib/queries/gtts"
import { distanceOf } from "./distance"

const FIRST_MS = 400
const UPDATE_MS = 3_000

/** Distance to the trigger in percent, by GTT id. Updated slowly, because rows are sorted by it. */
export function useDistances(gtts: readonly Gtt[]): ReadonlyMap<number, number> {
  const [found, setFound] = useState<ReadonlyMap<number, number>>(new Map())
  useEffect(() => {
    const unsubscribes = [...new Set(gtts.map(({ instrument }) => instrument))].map((id) =>
      live.subscribeTicks(id, "ltp"),
    )
    const update = () =>
      setFound(
        new Map(
          gtts.flatMap((gtt): [number, number][] => {
            const distance = distanceOf(gtt, live.tick(gtt.instrument)?.ltp)
            return distance ? [[gtt.id, distance.percent]] : []
          }),
        ),
      )
    const first = setTimeout(update, FIRST_MS)
    const interval = setInterval(update, UPDATE_MS)
    return () => {
      clearTimeout(first)
      clearInterval(interval)
      for (const action of unsubscribes) action()
    }
  }, [gtts])
  return found
}

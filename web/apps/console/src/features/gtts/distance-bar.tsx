import { percent, price } from "@tradertape/ui/format.ts"
import type { Gtt } from "@/lib/queries/gtts"
import { useTickPart, useTicks } from "@/lib/tick-parts"
import { distanceOf } from "./distance"
import classes from "./gtts.module.css"

const NEAR_PCT = 1

/** Live distance to the trigger: a progress bar, or a marker between two triggers. */
export function DistanceBar({ gtt }: { gtt: Gtt }) {
  useTicks(gtt.instrument, "ltp")
  const last = useTickPart(gtt.instrument, (tick) => tick.ltp)
  const found = distanceOf(gtt, last)
  if (!found) return <span className="tt-muted">No price yet</span>
  const words = `${percent(found.percent, 2)} away`
  const isNear = found.percent < NEAR_PCT || undefined
  const [first, second] = gtt.legs
  return (
    <div className={classes.distance} data-near={isNear}>
      <div className={classes.track} role="img" aria-label={words}>
        {found.done !== null && <span className={classes.done} style={{ width: `${found.done * 100}%` }} />}
        {found.between !== null && (
          <span className={classes.mark} style={{ left: `${found.between * 100}%` }} />
        )}
      </div>
      <div className={classes.ends}>
        <span>{found.done === null ? price(first?.trigger) : price(gtt.reference)}</span>
        <strong>{words}</strong>
        <span>{found.done === null ? price(second?.trigger) : price(first?.trigger)}</span>
      </div>
    </div>
  )
}

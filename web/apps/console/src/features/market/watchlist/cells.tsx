import { Delta } from "@tradertape/ui/components/delta.tsx"
import { number, signed, unitsShort } from "@tradertape/ui/format.ts"
import { memo } from "react"
import { DayRange } from "@/components/day-range"
import { Flash } from "@/components/flash"
import { staleWords, useStaleFor, useTickPart } from "@/lib/tick-parts"

interface Props {
  id: string
}

/** Each figure listens by itself: a tick that changes one of them draws that one again. */
export const LastCell = memo(({ id }: Props) => {
  const last = useTickPart(id, (tick) => tick.ltp)
  return <Flash value={last}>{number(last, 2)}</Flash>
})

export const ChangeCell = memo(({ id }: Props) => {
  const change = useTickPart(id, (tick) => tick.change)
  return <>{signed(change, 2)}</>
})

export const PercentCell = memo(({ id }: Props) => {
  const percent = useTickPart(id, (tick) => tick.change_pct)
  return <Delta value={percent} decimals={2} />
})

export const VolumeCell = memo(({ id }: Props) => {
  const volume = useTickPart(id, (tick) => (tick.volume ? unitsShort(tick.volume) : "–"))
  return <>{volume ?? "–"}</>
})

export const BidAskCell = memo(({ id }: Props) => {
  const bid = useTickPart(id, (tick) => tick.bid)
  const ask = useTickPart(id, (tick) => tick.ask)
  return (
    <>
      {number(bid, 2)} <span className="tt-muted">/</span> {number(ask, 2)}
    </>
  )
})

export const RangeCell = memo(({ id }: Props) => {
  const low = useTickPart(id, (tick) => tick.low)
  const high = useTickPart(id, (tick) => tick.high)
  const open = useTickPart(id, (tick) => tick.open)
  const last = useTickPart(id, (tick) => tick.ltp)
  return <DayRange low={low} high={high} open={open} last={last} />
})

export const AgeCell = memo(({ id }: Props) => {
  const seconds = useStaleFor(id)
  return seconds === null ? null : <span className="tt-warn">{staleWords(seconds)} old</span>
})

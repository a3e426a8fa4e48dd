import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { number, price, signed, unitsShort } from "@tradertape/ui/format.ts"
import { DayRange } from "@/components/day-range"
import { Section } from "@/components/page/section"
import { Flash } from "@/components/states/flash"
import type { Tick } from "@/lib/live"
import type { Instrument } from "@/lib/queries/live"
import { staleWords, useStaleFor } from "@/lib/tick-parts"
import classes from "./symbol.module.css"

interface Props {
  instrument: Instrument
  tick: Tick | undefined
}

/** Last price, the day's range, and best bid and ask. */
export function Quote({ instrument, tick }: Props) {
  const stale_s = useStaleFor(instrument.instrument)
  const hasBook = instrument.instrument_type !== "INDEX"
  return (
    <Section title="Quote" note={stale_s === null ? undefined : `${staleWords(stale_s)} old`}>
      <div style={{ opacity: stale_s === null ? 1 : 0.55 }}>
        <div className={classes.last}>
          <Flash value={tick?.ltp}>{price(tick?.ltp)}</Flash>
          <span className={classes.moved}>
            {signed(tick?.change, 2)} <Delta value={tick?.change_pct} decimals={2} />
          </span>
        </div>
        <div className={classes.range}>
          <span className="tt-num">{price(tick?.low)}</span>
          <DayRange low={tick?.low} high={tick?.high} open={tick?.open} last={tick?.ltp} />
          <span className="tt-num">{price(tick?.high)}</span>
        </div>
        <dl className={classes.stats} aria-label="Quote">
          <Stat label="Open" value={price(tick?.open)} />
          <Stat label="Previous close" value={price(tick?.close)} />
          {hasBook && (
            <>
              <Stat label="Volume" value={tick?.volume ? unitsShort(tick.volume) : "–"} />
              <Stat label="Average price" value={price(tick?.avg_price)} />
              <Stat label="Bid" value={`${price(tick?.bid)} × ${number(tick?.bid_qty)}`} />
              <Stat label="Ask" value={`${price(tick?.ask)} × ${number(tick?.ask_qty)}`} />
            </>
          )}
          {instrument.expiry && <Stat label="Open interest" value={unitsShort(tick?.oi)} />}
        </dl>
      </div>
    </Section>
  )
}

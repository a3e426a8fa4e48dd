import { price } from "@tradertape/ui/format.ts"
import classes from "./day-range.module.css"

interface Props {
  low: Price
  high: Price
  open: Price
  last: Price
}

/** Position of a price between two others, 0 to 1; 0.5 where they are equal. */
export function placeBetween(low: number, high: number, value: number): number {
  if (high <= low) return 0.5
  return Math.min(1, Math.max(0, (value - low) / (high - low)))
}

type Price = number | null | undefined

/** Positions of the last price and the open in percent of the day's range, with a description; null without prices. */
export function rangeOf(low: Price, high: Price, open: Price, last: Price) {
  if (low == null || high == null || last == null) return null
  return {
    at: placeBetween(low, high, last) * 100,
    from: placeBetween(low, high, open ?? last) * 100,
    words: `Last ${price(last)} between low ${price(low)} and high ${price(high)}`,
  }
}

/** The day's range from low to high, filled from the open to the last price. */
export function DayRange({ low, high, open, last }: Props) {
  const range = rangeOf(low, high, open, last)
  if (!range) return <span className="tt-muted">–</span>
  const { at, from, words } = range
  return (
    <span className={classes.root} role="img" aria-label={words} title={words}>
      <span
        className={classes.fill}
        data-up={at >= from || undefined}
        style={{ left: `${Math.min(at, from)}%`, width: `${Math.abs(at - from)}%` }}
      />
      <span className={classes.mark} style={{ left: `${at}%` }} />
    </span>
  )
}

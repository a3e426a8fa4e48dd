import type { Gtt } from "@/lib/queries/gtts"

export interface Distance {
  /** Distance to the trigger in percent of the price; with two triggers, to the nearer one. */
  percent: number
  /** Progress from the price at creation to the trigger, 0 to 1; null with two triggers. */
  done: number | null
  /** Position of the price between the two triggers, 0 to 1; null with one trigger. */
  between: number | null
}

function within(value: number): number {
  return Math.min(1, Math.max(0, value))
}

/** Return how far a price is from the trigger; null without a price. */
export function distanceOf(
  { legs, reference }: Pick<Gtt, "legs" | "reference">,
  last: number | undefined,
): Distance | null {
  if (!last || last <= 0) return null
  const triggers = legs.map((leg) => leg.trigger)
  const percent = Math.min(...triggers.map((trigger) => (Math.abs(trigger - last) / last) * 100))
  const [first = 0, second] = triggers
  if (second !== undefined) {
    const between = second > first ? within((last - first) / (second - first)) : 0.5
    return { percent, done: null, between }
  }
  const whole = Math.abs(first - reference)
  return { percent, done: whole > 0 ? within(1 - Math.abs(first - last) / whole) : 1, between: null }
}

/** Round a price to the instrument's tick size. */
export function onTick(price: number, tick: number): number {
  if (tick <= 0) return price
  const decimals = (String(tick).split(".")[1] ?? "").length
  return Number((Math.round(price / tick) * tick).toFixed(decimals))
}

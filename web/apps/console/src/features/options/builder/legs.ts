import type { OptionType, Way } from "@tradertape/api/options.ts"

/** A leg as the address bar keeps it; everything else about it is looked up. */
export interface Leg {
  way: Way
  lots: number
  symbol: string
}

export const MOST_LEGS = 10
const LEG = /^([BS])(\d{1,5})\.([A-Z0-9&-]{3,40})$/

/** "B1.NIFTY26NOV23600CE,S2.…" → legs; what cannot be read is left out. */
export function readLegs(text: string | undefined): Leg[] {
  return (text ?? "")
    .split(",")
    .flatMap((part) => {
      const found = LEG.exec(part)
      const lots = Number(found?.[2] ?? 0)
      if (!found || lots < 1) return []
      return [{ way: found[1] === "B" ? ("BUY" as const) : ("SELL" as const), lots, symbol: found[3] ?? "" }]
    })
    .slice(0, MOST_LEGS)
}

export function writeLegs(legs: readonly Leg[]): string | undefined {
  return legs.map(({ way, lots, symbol }) => `${way[0]}${lots}.${symbol}`).join(",") || undefined
}

/**
 * Buy or sell a lot of a contract from the chain. A contract stands in the legs once: the same side again adds a lot,
 * the other side takes one away.
 */
export function picked(legs: readonly Leg[], symbol: string, way: Way): Leg[] {
  const known = legs.find((leg) => leg.symbol === symbol)
  if (!known) return legs.length < MOST_LEGS ? [...legs, { way, lots: 1, symbol }] : [...legs]
  const lots = known.way === way ? known.lots + 1 : known.lots - 1
  return legs.flatMap((leg) => {
    if (leg.symbol !== symbol) return [leg]
    return lots > 0 ? [{ ...leg, lots }] : []
  })
}

/** What stands on a side of a strike: +2 lots bought, −1 sold, 0 nothing. */
export function lotsOf(legs: readonly Leg[], symbol: string | undefined): number {
  const known = legs.find((leg) => leg.symbol === symbol)
  if (!known) return 0
  return known.way === "BUY" ? known.lots : -known.lots
}

/** Whether the option has value of its own: a call below the spot, a put above it. */
export function isInMoney(type: OptionType, strike: number, spot: number): boolean {
  return type === "CE" ? strike < spot : strike > spot
}

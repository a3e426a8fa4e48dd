import type { OptionType, OrderSide } from "@tradertape/api/options.ts"

/** A leg as stored in the URL; everything else is looked up. */
export interface Leg {
  side: OrderSide
  lots: number
  symbol: string
}

export const MAX_LEGS = 10
const LEG = /^([BS])(\d{1,5})\.([A-Z0-9&-]{3,40})$/

/** "B1.NIFTY26NOV23600CE,S2.…" → legs; invalid parts are skipped. */
export function readLegs(text: string | undefined): Leg[] {
  return (text ?? "")
    .split(",")
    .flatMap((part) => {
      const found = LEG.exec(part)
      const lots = Number(found?.[2] ?? 0)
      if (!found || lots < 1) return []
      return [{ side: found[1] === "B" ? ("BUY" as const) : ("SELL" as const), lots, symbol: found[3] ?? "" }]
    })
    .slice(0, MAX_LEGS)
}

export function writeLegs(legs: readonly Leg[]): string | undefined {
  return legs.map(({ side, lots, symbol }) => `${side[0]}${lots}.${symbol}`).join(",") || undefined
}

/**
 * Buy or sell a lot of a contract from the chain. Each contract has at most one leg: the same side adds a lot, the
 * opposite side removes one.
 */
export function picked(legs: readonly Leg[], symbol: string, side: OrderSide): Leg[] {
  const known = legs.find((leg) => leg.symbol === symbol)
  if (!known) return legs.length < MAX_LEGS ? [...legs, { side, lots: 1, symbol }] : [...legs]
  const lots = known.side === side ? known.lots + 1 : known.lots - 1
  return legs.flatMap((leg) => {
    if (leg.symbol !== symbol) return [leg]
    return lots > 0 ? [{ ...leg, lots }] : []
  })
}

/** The position in a contract in lots: +2 bought, −1 sold, 0 none. */
export function lotsOf(legs: readonly Leg[], symbol: string | undefined): number {
  const known = legs.find((leg) => leg.symbol === symbol)
  if (!known) return 0
  return known.side === "BUY" ? known.lots : -known.lots
}

/** Whether the option is in the money: a call below the spot, a put above it. */
export function isInMoney(type: OptionType, strike: number, spot: number): boolean {
  return type === "CE" ? strike < spot : strike > spot
}

/** Profit of positions at live prices, against what they were last valued at. */
import { useEffect, useState } from "react"
import { live } from "./live"

export interface Held {
  exchange: string
  symbol: string
  open_quantity: number
  /** The price of the last valuation. */
  ltp: number
}

export interface LiveProfit {
  /** In rupees, since the last valuation. */
  profit: number
  /** How many of the positions have a live price. */
  priced: number
}

const BEAT_MS = 1_000

/** Add up what the positions gained, in paise so that the sum is exact; those without a price stay out. */
export function profitOf(held: readonly Held[], priceOf: (id: string) => number | undefined): LiveProfit {
  let paise = 0
  let priced = 0
  for (const { exchange, symbol, open_quantity, ltp } of held) {
    const price = priceOf(`${exchange}:${symbol}`)
    if (price === undefined) continue
    priced += 1
    paise += Math.round((price - ltp) * 100) * open_quantity
  }
  return { profit: paise / 100, priced }
}

/** The profit of positions since their last valuation, once a second while their prices are live. */
export function useLiveProfit(held: readonly Held[]): LiveProfit {
  const [found, setFound] = useState<LiveProfit>({ profit: 0, priced: 0 })
  const ids = [...new Set(held.map(({ exchange, symbol }) => `${exchange}:${symbol}`))].sort().join()
  useEffect(() => {
    const ends = ids ? ids.split(",").map((id) => live.subscribeTicks(id, "ltp")) : []
    return () => {
      for (const end of ends) end()
    }
  }, [ids])
  useEffect(() => {
    const look = () => {
      const next = profitOf(held, (id) => live.tick(id)?.ltp)
      setFound((old) => (old.profit === next.profit && old.priced === next.priced ? old : next))
    }
    look()
    const timer = setInterval(look, BEAT_MS)
    return () => clearInterval(timer)
  }, [held])
  return found
}

import type { ChainSide } from "@tradertape/api/generated/types.gen.ts"
import type { OptionType } from "@tradertape/api/options.ts"
import { number, price, unitsShort } from "@tradertape/ui/format.ts"

export type Figures = "prices" | "greeks"
export type Sides = "both" | OptionType

export interface SideColumn {
  id: string
  header: string
  hint: string
  text: (side: ChainSide) => string
  /** Hidden on narrow screens. */
  isExtra?: boolean
  /** Hidden where the builder is beside the chain. */
  isSpare?: boolean
}

const PRICES: SideColumn[] = [
  { id: "oi", header: "OI", hint: "Open interest, in units", text: (s) => unitsShort(s.oi) },
  {
    id: "volume",
    header: "Volume",
    hint: "Volume today, in units",
    text: (s) => unitsShort(s.volume),
    isExtra: true,
  },
  {
    id: "iv",
    header: "IV",
    hint: "Implied volatility, percent per year",
    text: (s) => number(s.iv, 1),
    isSpare: true,
  },
  {
    id: "delta",
    header: "Delta",
    hint: "Rupees per rupee move of the future",
    text: (s) => number(s.delta, 2),
  },
  {
    id: "bid",
    header: "Bid",
    hint: "Best price offered by buyers",
    text: (s) => price(s.bid),
    isExtra: true,
  },
  {
    id: "ask",
    header: "Ask",
    hint: "Best price asked by sellers",
    text: (s) => price(s.ask),
    isExtra: true,
  },
]

const GREEKS: SideColumn[] = [
  {
    id: "vega",
    header: "Vega",
    hint: "Rupees per point of volatility",
    text: (s) => number(s.vega, 2),
    isExtra: true,
  },
  {
    id: "gamma",
    header: "Gamma",
    hint: "Change of delta per rupee move of the future",
    text: (s) => number(s.gamma, 5),
    isExtra: true,
  },
  { id: "theta", header: "Theta", hint: "Rupees per calendar day", text: (s) => number(s.theta, 2) },
  {
    id: "delta",
    header: "Delta",
    hint: "Rupees per rupee move of the future",
    text: (s) => number(s.delta, 3),
  },
  { id: "iv", header: "IV", hint: "Implied volatility, percent per year", text: (s) => number(s.iv, 2) },
]

/** The columns of the calls, outermost first; mirrored for the puts. */
export function sideColumns(figures: Figures): SideColumn[] {
  return figures === "prices" ? PRICES : GREEKS
}

/** Percent change from the previous close; null without one. */
export function changePct(side: ChainSide): number | null {
  if (side.ltp === null || !side.close) return null
  return ((side.ltp - side.close) / side.close) * 100
}

/** The largest open interest of a chain, the scale of the bars; at least 1. */
export function mostOpen(rows: readonly { CE: ChainSide | null; PE: ChainSide | null }[]): number {
  return Math.max(1, ...rows.flatMap((row) => [row.CE?.oi ?? 0, row.PE?.oi ?? 0]))
}

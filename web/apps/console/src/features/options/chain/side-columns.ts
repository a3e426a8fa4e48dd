import type { ChainSide, OptionType } from "@tradertape/api/options.ts"
import { number, unitsShort } from "@tradertape/ui/format.ts"

export type Figures = "prices" | "greeks"
export type Sides = "both" | OptionType

export interface SideColumn {
  id: string
  header: string
  hint: string
  text: (side: ChainSide) => string
  /** Left out where there is less room. */
  isExtra?: boolean
}

const PRICES: SideColumn[] = [
  { id: "oi", header: "OI", hint: "Open interest: contracts held, in units", text: (s) => unitsShort(s.oi) },
  {
    id: "volume",
    header: "Volume",
    hint: "Units traded today",
    text: (s) => unitsShort(s.volume),
    isExtra: true,
  },
  { id: "iv", header: "IV", hint: "Implied volatility, percent a year", text: (s) => number(s.iv, 1) },
  {
    id: "delta",
    header: "Delta",
    hint: "Rupees for one rupee of the future",
    text: (s) => number(s.delta, 2),
  },
  { id: "bid", header: "Bid", hint: "What buyers offer", text: (s) => number(s.bid, 2), isExtra: true },
  { id: "ask", header: "Ask", hint: "What sellers want", text: (s) => number(s.ask, 2), isExtra: true },
]

const GREEKS: SideColumn[] = [
  {
    id: "vega",
    header: "Vega",
    hint: "Rupees for one point of volatility",
    text: (s) => number(s.vega, 2),
    isExtra: true,
  },
  {
    id: "gamma",
    header: "Gamma",
    hint: "Delta for one rupee of the future",
    text: (s) => number(s.gamma, 5),
    isExtra: true,
  },
  { id: "theta", header: "Theta", hint: "Rupees a calendar day", text: (s) => number(s.theta, 2) },
  {
    id: "delta",
    header: "Delta",
    hint: "Rupees for one rupee of the future",
    text: (s) => number(s.delta, 3),
  },
  { id: "iv", header: "IV", hint: "Implied volatility, percent a year", text: (s) => number(s.iv, 2) },
]

/** The columns of the calls, outermost first; the puts have them mirrored. */
export function sideColumns(figures: Figures): SideColumn[] {
  return figures === "prices" ? PRICES : GREEKS
}

/** Percent against the last close; null where there is none. */
export function changePct(side: ChainSide): number | null {
  if (side.ltp === null || !side.close) return null
  return ((side.ltp - side.close) / side.close) * 100
}

/** The largest open interest of a chain, by which bars are measured; at least 1. */
export function mostOpen(rows: readonly { CE: ChainSide | null; PE: ChainSide | null }[]): number {
  return Math.max(1, ...rows.flatMap((row) => [row.CE?.oi ?? 0, row.PE?.oi ?? 0]))
}

import { count, exact } from "@tradertape/ui/format.ts"
import type { Signal } from "@/lib/queries/models"

/** The amount of several signals, in rupees: counted in paise, so that it is exact. */
export function totalOf(signals: readonly Pick<Signal, "notional">[]): number {
  return signals.reduce((paise, { notional }) => paise + Math.round(notional * 100), 0) / 100
}

/** What placing does, in numbers: real money apart from paper. */
export function placingWords(real: readonly Pick<Signal, "notional">[], paper: typeof real): string {
  const orders = count(real.length + paper.length, "order")
  const of = (signals: typeof real) => exact.money(totalOf(signals), 0)
  if (real.length === 0) return `Place ${orders} for ${of(paper)} · PAPER`
  if (paper.length === 0) return `Place ${orders} for ${of(real)} · LIVE`
  return `Place ${orders}: ${of(real)} LIVE, ${of(paper)} PAPER`
}

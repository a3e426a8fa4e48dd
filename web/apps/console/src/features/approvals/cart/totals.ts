import type { Signal } from "@/lib/queries/models"

/** The amount of several signals, in rupees: counted in paise, so that it is exact. */
export function totalOf(signals: readonly Pick<Signal, "notional">[]): number {
  return signals.reduce((paise, { notional }) => paise + Math.round(notional * 100), 0) / 100
}

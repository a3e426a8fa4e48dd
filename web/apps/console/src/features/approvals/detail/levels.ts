import type { PriceLevel } from "@tradertape/ui/charts/candle-chart.tsx"
import type { Signal } from "@/lib/queries/models"

type Prices = Pick<Signal, "trigger_price" | "limit_price" | "stop_price" | "target_price" | "ref_price">

/** The price lines of a plan; without a trigger, the close it was made from. */
export function levelsOf(signal: Prices): PriceLevel[] {
  const entry: PriceLevel =
    signal.trigger_price === null
      ? { price: signal.ref_price, label: "close", tone: "accent" }
      : { price: signal.trigger_price, label: "trigger", tone: "accent" }
  const found = [entry]
  if (signal.stop_price !== null) found.push({ price: signal.stop_price, label: "stop", tone: "loss" })
  if (signal.target_price !== null) found.push({ price: signal.target_price, label: "target", tone: "gain" })
  return found
}

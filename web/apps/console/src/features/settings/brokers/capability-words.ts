import { count, words } from "@tradertape/ui/format.ts"
import type { BrokerCapabilities } from "@/lib/queries/brokers"

const list = (names: readonly string[]) => names.join(", ") || "None"

function gttWords({ gtt_single: single, gtt_two_leg: two }: BrokerCapabilities): string {
  if (single && two) return "Single and two-leg (stop and target)"
  if (single) return "Single only"
  return two ? "Two-leg only" : "Not available"
}

const VARIETIES: Record<string, string> = { amo: "After-market", co: "Cover" }
const varietyWords = (variety: string) => VARIETIES[variety] ?? words(variety)

/** What a broker can do, as rows of a table. */
export function capabilityRows(can: BrokerCapabilities): [what: string, words: string][] {
  return [
    ["Exchanges", list(can.exchanges.toSorted())],
    ["Products", list(can.products.toSorted())],
    ["Order types", list(can.order_types.toSorted())],
    ["Varieties", list(can.varieties.map(varietyWords).toSorted())],
    ["Validity", list(can.validities.toSorted())],
    ["Changes of one order", can.modifications > 0 ? `At most ${can.modifications}` : "Not limited"],
    [
      "Market protection",
      can.protects_markets ? "Yes: market orders have a price limit" : "No: send limit orders",
    ],
    ["GTT orders", gttWords(can)],
    ["Order updates", can.updates_orders ? "Sent by the broker at once" : "Read from the order book"],
    ["Live prices", can.feed_instruments > 0 ? `Up to ${count(can.feed_instruments, "instrument")}` : "No"],
    ["Candles", list(can.candle_intervals)],
  ]
}

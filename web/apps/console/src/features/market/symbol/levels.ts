import type { PriceLine } from "@tradertape/ui/charts/price-chart.tsx"
import { quantity as units } from "@tradertape/ui/format.ts"
import type { Activity } from "@/lib/queries/live"

function orderLines({ orders }: Activity): PriceLine[] {
  return orders.flatMap(({ side, order_type, pending_quantity, price, trigger_price }) => {
    const at = trigger_price > 0 ? trigger_price : price
    if (at <= 0) return []
    const words = `${side === "BUY" ? "Buy" : "Sell"} ${units(pending_quantity)} ${order_type}`
    return [{ price: at, label: words, tone: "accent" as const }]
  })
}

function protectionLines({ protections }: Activity): PriceLine[] {
  return protections.flatMap(({ stop_price, trailing_price, target_price }) => {
    const found: PriceLine[] = []
    if (stop_price !== null) found.push({ price: stop_price, label: "Stop", tone: "loss" })
    if (trailing_price !== null) found.push({ price: trailing_price, label: "Trailing stop", tone: "loss" })
    if (target_price !== null) found.push({ price: target_price, label: "Target", tone: "gain" })
    return found
  })
}

/** Chart lines for our open orders, GTTs, positions and protection levels. */
export function linesOf(activity: Activity | undefined): PriceLine[] {
  if (!activity) return []
  const triggers = activity.triggers.map(({ trigger, side, quantity }) => ({
    price: trigger,
    label: `GTT ${side === "BUY" ? "buy" : "sell"} ${units(quantity)}`,
    tone: "warn" as const,
  }))
  const positions = activity.positions.map(({ average_price, quantity }) => ({
    price: average_price,
    label: `${quantity > 0 ? "Long" : "Short"} ${units(Math.abs(quantity))}`,
    tone: "muted" as const,
  }))
  return [...orderLines(activity), ...triggers, ...protectionLines(activity), ...positions]
}

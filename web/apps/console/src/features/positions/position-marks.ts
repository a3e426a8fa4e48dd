import type { CandleMark, PriceLevel } from "@tradertape/ui/charts/candle-chart.tsx"
import { exitText } from "@/components/models/words"
import type { ModelPosition } from "@/lib/queries/models"

/** Entry, stop and target of what is held; entry and exit of what was sold. */
export function levelsOf(position: ModelPosition): PriceLevel[] {
  const found: PriceLevel[] = [{ price: position.average_price, label: "entry", tone: "accent" }]
  if (position.open_quantity === 0) {
    if (position.exit_price !== null)
      found.push({ price: position.exit_price, label: "exit", tone: position.net_pnl >= 0 ? "gain" : "loss" })
    return found
  }
  if (position.stop_price !== null) found.push({ price: position.stop_price, label: "stop", tone: "loss" })
  if (position.target_price !== null)
    found.push({ price: position.target_price, label: "target", tone: "gain" })
  return found
}

/** The day it was bought, and each sale. */
export function marksOf(position: ModelPosition): CandleMark[] {
  return [
    { date: position.entry_date, text: "buy", side: "below", tone: "accent" },
    ...position.sales.map(
      (sale): CandleMark => ({
        date: sale.date,
        text: exitText(sale.reason),
        side: "above",
        tone: sale.gross_pnl >= 0 ? "gain" : "loss",
      }),
    ),
  ]
}

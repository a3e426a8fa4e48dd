import type { PriceLevel } from "@tradertape/ui/charts/candle-chart.tsx"
import type { ProtectionSnapshot, Step } from "@/lib/queries/workers"

/** Lines of one instrument: its entry price and current protection levels. */
export function levelsOf(
  protection: ProtectionSnapshot | null,
  steps: readonly Step[],
  instrument: string,
): PriceLevel[] {
  const legs = protection?.legs.filter((leg) => leg.instrument === instrument && leg.status !== "done") ?? []
  const moving = steps.find(
    (step) => step.instrument === instrument && step.rule === "position_trailing_stoploss",
  )?.level
  return legs.flatMap((leg) => {
    const lines: (PriceLevel | null)[] = [
      line(leg.entry_price, "Entry", "muted"),
      line(leg.stop_price, "Stop", "loss"),
      line(moving ?? leg.trailing_price, "Trailing stop", "loss"),
      line(leg.target_price, "Target", "gain"),
    ]
    return lines.filter((one) => one !== null)
  })
}

function line(price: number | null | undefined, label: string, tone: PriceLevel["tone"]): PriceLevel | null {
  return price == null ? null : { price, label, tone }
}

/** Instruments that can be charted: protected ones first, then held ones. */
export function chartedInstruments(
  protection: ProtectionSnapshot | null,
  legs: readonly { instrument: string }[],
): string[] {
  const named = [...(protection?.legs ?? []), ...legs].map(({ instrument }) => instrument)
  return [...new Set(named)]
}

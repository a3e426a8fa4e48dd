import { Delta } from "@tradertape/ui/components/delta.tsx"
import { count } from "@tradertape/ui/format.ts"
import { type Held, useLiveProfit } from "@/lib/live-profit"

/** What the positions gained since the last close, at live prices; nothing while there are none. */
export function LiveProfit({ held }: { held: readonly Held[] }) {
  const { profit, priced } = useLiveProfit(held)
  if (priced === 0) return null
  return (
    <span title={`At live prices of ${priced} of ${count(held.length, "position")}`}>
      since the close <Delta kind="money" value={profit} />
    </span>
  )
}

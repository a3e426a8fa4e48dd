import { number, price as priceText } from "@tradertape/ui/format.ts"
import { Section } from "@/components/page/section"
import type { DepthLevel, Tick } from "@/lib/live"
import classes from "./symbol.module.css"

const LEVELS = [0, 1, 2, 3, 4]

/** Five levels of bids and asks; the bar shows the quantity relative to the largest level. */
export function Depth({ depth }: { depth: NonNullable<Tick["depth"]> }) {
  const most = Math.max(1, ...[...depth.buy, ...depth.sell].map((level) => level.quantity))
  return (
    <Section title="Depth" flush>
      <table className={classes.depth} aria-label="Market depth">
        <thead>
          <tr>
            <th scope="col">Orders</th>
            <th scope="col">Qty</th>
            <th scope="col">Bid</th>
            <th scope="col">Ask</th>
            <th scope="col">Qty</th>
            <th scope="col">Orders</th>
          </tr>
        </thead>
        <tbody data-live>
          {LEVELS.map((level) => (
            <tr key={level}>
              <Side level={depth.buy[level]} side="buy" most={most} />
              <Side level={depth.sell[level]} side="sell" most={most} />
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}

function Side({ level, side, most }: { level: DepthLevel | undefined; side: "buy" | "sell"; most: number }) {
  const orders = <td key="orders">{number(level?.orders)}</td>
  const quantity = (
    <td key="quantity">
      {level && (
        <span
          aria-hidden
          className={classes.bar}
          data-side={side}
          style={{ width: `${(100 * level.quantity) / most}%` }}
        />
      )}
      {number(level?.quantity)}
    </td>
  )
  const price = (
    <td key="price" className={side === "buy" ? "tt-gain" : "tt-loss"}>
      {priceText(level?.price)}
    </td>
  )
  return side === "buy" ? [orders, quantity, price] : [price, quantity, orders]
}

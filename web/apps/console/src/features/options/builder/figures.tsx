import type { PreviewedStrategy } from "@tradertape/api/generated/types.gen.ts"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { bareMoney, number, percent } from "@tradertape/ui/format.ts"
import classes from "./builder.module.css"

/** Cost, maximum profit and maximum loss of the strategy, all computed by the server. */
export function Figures({ preview }: { preview: PreviewedStrategy }) {
  const { net_premium: premium, margin, greeks, breakevens } = preview
  const chance = preview.probability_of_profit
  return (
    <dl className={classes.figures} aria-label="Figures of the strategy">
      <Stat
        label="Max profit"
        value={preview.is_profit_unlimited ? "No limit" : <Delta value={preview.max_profit} kind="money" />}
        hint="Maximum profit at the first expiry, before charges."
      />
      <Stat
        label="Max loss"
        value={
          preview.is_loss_unlimited ? (
            <span className="tt-loss">No limit</span>
          ) : (
            <Delta value={preview.max_loss} kind="money" />
          )
        }
        hint="Maximum loss at the first expiry, before charges."
      />
      <Stat
        label="Probability of profit"
        value={chance === null ? "–" : percent(chance * 100, 0)}
        hint="Risk-neutral probability, from the implied volatility at the money; not a forecast."
      />
      <Stat
        label="Break-evens"
        value={breakevens.length ? breakevens.map((level) => number(level, 0)).join(" · ") : "None"}
        hint="Prices of the underlying with zero profit at the first expiry, before charges."
      />
      <Stat
        label={premium >= 0 ? "Premium received" : "Premium paid"}
        value={<Amount value={Math.abs(premium)} decimals={0} />}
        hint="Bought at the ask, sold at the bid."
      />
      <Stat
        label="Margin needed"
        value={<Amount value={margin.required} decimals={0} />}
        note={
          margin.hedge_benefit > 0 ? (
            <>
              Hedge benefit <Amount value={margin.hedge_benefit} short />
            </>
          ) : undefined
        }
        hint="Margin of these legs alone, including hedge benefit. Existing positions of the account are considered on entry."
      />
      <Stat
        label="Charges"
        value={<Amount value={preview.charges.total} decimals={0} />}
        hint="Brokerage, taxes and fees of the entry, one order per leg."
      />
      <Stat label="Delta" value={bareMoney(greeks.delta, 1)} hint="Rupees per rupee move of the future." />
      <Stat label="Theta" value={bareMoney(greeks.theta, 0)} hint="Rupees per calendar day." />
      <Stat label="Vega" value={bareMoney(greeks.vega, 0)} hint="Rupees per point of volatility." />
      <Stat
        label="Gamma"
        value={bareMoney(greeks.gamma, 3)}
        hint="Change of delta per rupee move of the future."
      />
    </dl>
  )
}

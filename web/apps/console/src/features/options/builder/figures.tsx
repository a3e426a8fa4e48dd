import type { StrategyPreview } from "@tradertape/api/options.ts"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { number, percent } from "@tradertape/ui/format.ts"
import classes from "./builder.module.css"

/** What the strategy costs, can make and can lose; every figure is the server's. */
export function Figures({ preview }: { preview: StrategyPreview }) {
  const { net_premium: premium, margin, greeks, breakevens } = preview
  const chance = preview.probability_of_profit
  return (
    <dl className={classes.figures} aria-label="Figures of the strategy">
      <Stat
        label="Max profit"
        value={preview.is_profit_unlimited ? "No limit" : <Delta value={preview.max_profit} kind="money" />}
        hint="The most it can make by the first expiry, before charges."
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
        hint="The most it can lose by the first expiry, before charges."
      />
      <Stat
        label="Chance of profit"
        value={chance === null ? "–" : percent(chance * 100, 0)}
        hint="If the underlying moves as the options at the money expect: the market's price of the bet, not its odds."
      />
      <Stat
        label="Break-evens"
        value={breakevens.length ? breakevens.map((level) => number(level, 0)).join(" · ") : "None"}
        hint="Where it neither makes nor loses at the first expiry, before charges."
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
              Hedge saves <Amount value={margin.hedge_benefit} short />
            </>
          ) : undefined
        }
        hint="What these legs need by themselves, with the benefit of hedges. What an account holds beside them counts when they are entered."
      />
      <Stat
        label="Charges"
        value={<Amount value={preview.charges.total} decimals={0} />}
        hint="Brokerage, taxes and fees of entering, each leg an order of its own."
      />
      <Stat label="Delta" value={number(greeks.delta, 1)} hint="Rupees for one rupee of the future." />
      <Stat label="Theta" value={number(greeks.theta, 0)} hint="Rupees for one calendar day that passes." />
      <Stat label="Vega" value={number(greeks.vega, 0)} hint="Rupees for one point of volatility." />
      <Stat label="Gamma" value={number(greeks.gamma, 3)} hint="Delta for one rupee of the future." />
    </dl>
  )
}

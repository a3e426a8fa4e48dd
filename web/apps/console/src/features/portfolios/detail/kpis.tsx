import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { number, percent, signedPercent } from "@tradertape/ui/format.ts"
import { LiveProfit } from "@/components/models/live-profit"
import type { Dashboard } from "@/lib/queries/models"
import classes from "../portfolios.module.css"

/** The key figures, with the ribbon of what is traded with: paper or real money. */
export function Kpis({ page }: { page: Dashboard }) {
  const { kpis, portfolio } = page
  return (
    <dl className={classes.band} aria-label="Key figures" data-live={portfolio.paper_mode ? undefined : true}>
      <Stat
        big
        label="Equity"
        value={<Amount value={kpis.equity} short />}
        note={
          <>
            of <Amount value={portfolio.starting_capital} short /> at the start
          </>
        }
      />
      <Stat
        big
        label="Last day"
        value={<Delta kind="money" value={kpis.day_pnl} />}
        note={
          <>
            {signedPercent(kpis.day_pnl_pct, 2)} <LiveProfit held={page.positions} />
          </>
        }
      />
      <Stat
        big
        label="Total return"
        value={<Delta value={kpis.total_return_pct} against={kpis.benchmark_return_pct} decimals={2} />}
        note={`${portfolio.benchmark} ${signedPercent(kpis.benchmark_return_pct, 2)}`}
      />
      <Stat
        big
        label="Max drawdown"
        value={<Delta value={kpis.max_drawdown_pct} decimals={2} />}
        note={kpis.xirr_pct === null ? undefined : `${signedPercent(kpis.xirr_pct)} a year`}
      />
      <Stat
        big
        label="Win rate"
        value={percent(kpis.win_rate_pct)}
        note={`Profit factor ${number(kpis.profit_factor, 2)}`}
      />
      <Stat
        big
        label="Positions"
        value={number(kpis.open_positions)}
        note={`${number(kpis.slots_free)} free of ${number(portfolio.max_positions)}`}
      />
      <Stat
        big
        label="Cash"
        value={<Amount value={kpis.cash} short />}
        note={
          <>
            <Amount value={kpis.committed} decimals={0} /> committed
          </>
        }
      />
    </dl>
  )
}

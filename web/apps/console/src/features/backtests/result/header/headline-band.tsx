import type { Run, Summary } from "@tradertape/api/backtest.ts"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, money, moneyShort, percent, signedPercent } from "@tradertape/ui/format.ts"
import type { ReactNode } from "react"
import { type Figure, figureText, HEADLINES } from "../../shared/figures"
import classes from "./headline-band.module.css"

/** A second figure below a headline figure, for comparison. */
function note(run: Run, key: keyof Summary): ReactNode {
  const { summary } = run
  switch (key) {
    case "cagr":
      return `Benchmark ${signedPercent(summary.benchmark_cagr)}`
    case "total_return":
      return <span className="tt-amount">{moneyShort(summary.ending_capital)}</span>
    case "max_drawdown":
      return summary.max_drawdown_days ? count(summary.max_drawdown_days, "day") : undefined
    case "sharpe":
      return `Sortino ${figureText("ratio", summary.sortino)}`
    case "win_rate":
      return `Payoff ${figureText("ratio", summary.payoff_ratio)}`
    case "profit_factor":
      return (
        <>
          <span className="tt-amount">{money(summary.expectancy, 0)}</span> a trade
        </>
      )
    case "total_trades":
      return `${figureText("ratio", summary.avg_bars_held)} days held`
    case "exposure_pct":
      return `Turnover ${percent(summary.turnover_pct, 0)} a year`
    default:
      return undefined
  }
}

function value(figure: Figure, given: Summary[keyof Summary]): ReactNode {
  if (figure.kind === "signed") return <Delta value={typeof given === "number" ? given : null} />
  return figureText(figure.kind, given)
}

/** The eight headline figures. */
export function HeadlineBand({ run }: { run: Run }) {
  return (
    <dl className={classes.band} aria-label="Headline figures">
      {HEADLINES.map((figure) => (
        <Stat
          key={figure.key}
          big
          label={figure.label}
          hint={figure.hint}
          value={value(figure, run.summary[figure.key])}
          note={note(run, figure.key)}
        />
      ))}
    </dl>
  )
}

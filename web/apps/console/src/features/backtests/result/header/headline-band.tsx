import type { Run, Summary } from "@tradertape/api/backtest.ts"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { count, number, percent, signedPercent } from "@tradertape/ui/format.ts"
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
      return (
        <>
          <Amount value={summary.ending_capital} short />, benchmark {signedPercent(summary.benchmark_return)}
        </>
      )
    case "max_drawdown":
      return summary.max_drawdown_days ? count(summary.max_drawdown_days, "day") : undefined
    case "sharpe":
      return `Sortino ${figureText("ratio", summary.sortino)}`
    case "win_rate":
      return `Payoff ${figureText("ratio", summary.payoff_ratio)}`
    case "profit_factor":
      return (
        <>
          <Amount value={summary.expectancy} decimals={0} /> a trade
        </>
      )
    case "total_trades":
      return run.open_positions.length > 0 ? `and ${number(run.open_positions.length)} still open` : undefined
    case "exposure_pct":
      return `Turnover ${percent(summary.turnover_pct, 0)} a year`
    default:
      return undefined
  }
}

const AGAINST: Partial<Record<keyof Summary, keyof Summary>> = {
  cagr: "benchmark_cagr",
  total_return: "benchmark_return",
}

function value(figure: Figure, summary: Summary): ReactNode {
  const given = summary[figure.key]
  const rival = AGAINST[figure.key]
  if (figure.kind === "signed")
    return <Delta value={asNumber(given)} against={rival && asNumber(summary[rival])} />
  return figureText(figure.kind, given)
}

function asNumber(given: Summary[keyof Summary]): number | null {
  return typeof given === "number" ? given : null
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
          value={value(figure, run.summary)}
          note={note(run, figure.key)}
        />
      ))}
    </dl>
  )
}

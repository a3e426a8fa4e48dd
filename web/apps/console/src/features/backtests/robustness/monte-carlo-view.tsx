import { axis, EChart } from "@tradertape/ui/charts/echart.tsx"
import { Amount } from "@tradertape/ui/components/amount.tsx"
import { Stat } from "@tradertape/ui/components/stat.tsx"
import { moneyShort, number, percent, signedPercent } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { useCallback } from "react"
import type { FanPoint, MonteCarloResult } from "@/lib/queries/studies"
import layout from "../shared/layout.module.css"

type Level = "p5" | "p25" | "p50" | "p75" | "p95"

function line(fan: FanPoint[], level: Level, tokens: Tokens) {
  const isMedian = level === "p50"
  const isEdge = level === "p5" || level === "p95"
  return {
    type: "line",
    name: level,
    showSymbol: false,
    data: fan.map((point) => [point.step, point[level]]),
    lineStyle: { color: tokens.accent, width: isMedian ? 2 : 1, opacity: isMedian ? 1 : isEdge ? 0.35 : 0.6 },
    itemStyle: { color: tokens.accent },
  }
}

/** Equity percentiles over the number of days or trades, with loss and ruin probabilities. */
export function MonteCarloView({ result }: { result: MonteCarloResult }) {
  const option = useCallback(
    (tokens: Tokens) => ({
      tooltip: { trigger: "axis", valueFormatter: (value: number) => moneyShort(value) },
      xAxis: axis(tokens, { type: "value", name: result.unit, max: "dataMax", splitLine: { show: false } }),
      yAxis: axis(tokens, {
        scale: true,
        axisLine: { show: false },
        axisLabel: { color: tokens.muted, fontSize: 11, formatter: moneyShort },
      }),
      grid: {
        left: 8,
        right: 48,
        top: 12,
        bottom: 4,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      series: (["p5", "p25", "p50", "p75", "p95"] as const)
        .filter((level) => result.fan[0]?.[level] !== undefined)
        .map((level) => line(result.fan, level, tokens)),
    }),
    [result],
  )
  return (
    <>
      <dl className={layout.stats}>
        <Stat
          label="5th percentile"
          value={<Amount value={result.p5} short />}
          hint="5% of the draws end below this."
        />
        <Stat label="Median" value={<Amount value={result.p50} short />} />
        <Stat
          label="95th percentile"
          value={<Amount value={result.p95} short />}
          hint="5% of the draws end above this."
        />
        <Stat label="Median drawdown" value={signedPercent(result.max_drawdown.p50)} />
        <Stat
          label="5th percentile drawdown"
          value={signedPercent(result.max_drawdown.p5)}
          hint="5% of the draws are as deep or deeper. Never milder than what happened."
        />
        {result.max_drawdown.actual !== null && (
          <Stat
            label="Actual drawdown"
            value={signedPercent(result.max_drawdown.actual)}
            hint={`${percent(result.max_drawdown.milder_pct)} of the draws were milder.`}
          />
        )}
        <Stat label="Probability of loss" value={percent(result.loss_probability)} />
        <Stat
          label={`Probability of a ${number(result.ruin_pct)}% drawdown`}
          value={percent(result.risk_of_ruin)}
        />
      </dl>
      <EChart
        option={option}
        height={280}
        label={`Equity over ${result.results} ${result.unit} in ${result.runs} draws`}
      />
    </>
  )
}

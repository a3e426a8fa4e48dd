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
  const isMiddle = level === "p50"
  const isEdge = level === "p5" || level === "p95"
  return {
    type: "line",
    name: level,
    showSymbol: false,
    data: fan.map((point) => [point.trade, point[level]]),
    lineStyle: { color: tokens.accent, width: isMiddle ? 2 : 1, opacity: isMiddle ? 1 : isEdge ? 0.35 : 0.6 },
    itemStyle: { color: tokens.accent },
  }
}

/** The fan of equity over the number of trades, and how bad it could have been. */
export function MonteCarloView({ result }: { result: MonteCarloResult }) {
  const option = useCallback(
    (tokens: Tokens) => ({
      tooltip: { trigger: "axis", valueFormatter: (value: number) => moneyShort(value) },
      xAxis: axis(tokens, { type: "value", name: "trades", max: "dataMax", splitLine: { show: false } }),
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
          label="Worst of 20"
          value={<Amount value={result.p5} short />}
          hint="One draw in twenty ends below this."
        />
        <Stat label="Middle" value={<Amount value={result.p50} short />} />
        <Stat
          label="Best of 20"
          value={<Amount value={result.p95} short />}
          hint="One draw in twenty ends above this."
        />
        <Stat label="Middle drawdown" value={signedPercent(result.max_drawdown.p50)} />
        <Stat label="Ends with a loss" value={percent(result.loss_probability)} />
        <Stat label={`Loses ${number(result.ruin_pct)}% on the way`} value={percent(result.risk_of_ruin)} />
      </dl>
      <EChart
        option={option}
        height={280}
        label={`Equity over ${result.trades} trades in ${result.runs} draws`}
      />
    </>
  )
}

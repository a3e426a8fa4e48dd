import type { PreviewedStrategy } from "@tradertape/api/generated/types.gen.ts"
import { axis } from "@tradertape/ui/charts/echart.tsx"
import { moneyShort, number, signedMoney } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import type { EChartsCoreOption } from "echarts/core"

/** The label of the second curve. */
export function curveDay(days: number | null): string {
  if (!days) return "Today"
  return `In ${days} ${days === 1 ? "day" : "days"}`
}

interface Shape {
  preview: PreviewedStrategy
  days: number | null
}

type Point = [level: number, profit: number | null]

function pairs(levels: readonly number[], values: readonly number[]): [number, number][] {
  return levels.map((level, i) => [level, values[i] ?? 0])
}

/** Split a curve at its zero crossings into gains and losses; both include the crossings. */
export function bySign(
  levels: readonly number[],
  values: readonly number[],
): { gains: Point[]; losses: Point[] } {
  const points: [number, number][] = []
  for (const [i, [level, profit]] of pairs(levels, values).entries()) {
    const before = points.at(-1)
    if (i > 0 && before && before[1] * profit < 0) {
      const share = before[1] / (before[1] - profit)
      points.push([before[0] + share * (level - before[0]), 0])
    }
    points.push([level, profit])
  }
  return {
    gains: points.map(([level, profit]) => [level, profit >= 0 ? profit : null]),
    losses: points.map(([level, profit]) => [level, profit <= 0 ? profit : null]),
  }
}

/** Profit over the underlying's price: filled at expiry, dashed on the selected day. */
export function payoffOption({ preview, days }: Shape, tokens: Tokens): EChartsCoreOption {
  const { payoff, spot_ltp: spot, breakevens } = preview
  const second = payoff.ahead ?? payoff.now
  const line = (value: number, text: string, color: string, position: string) => ({
    xAxis: value,
    lineStyle: { color, type: "dashed", width: 1 },
    label: { formatter: text, color, fontSize: 11, position },
  })
  const { gains, losses } = bySign(payoff.levels, payoff.at_expiry)
  const side = (name: string, data: Point[], color: string) => ({
    type: "line",
    name,
    data,
    symbol: "none",
    lineStyle: { width: 2, color },
    itemStyle: { color },
    areaStyle: { color, opacity: 0.14 },
  })
  const first = payoff.levels[0] ?? 0
  const last = payoff.levels.at(-1) ?? 1
  return {
    grid: {
      left: 8,
      right: 16,
      top: 26,
      bottom: 8,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: axis(tokens, {
      type: "value",
      min: first,
      max: last,
      axisLabel: {
        color: tokens.muted,
        fontSize: 11,
        hideOverlap: true,
        margin: 20, // room for the break-evens
        showMinLabel: false,
        showMaxLabel: false,
        formatter: (value: number) => number(value),
      },
      splitLine: { show: false },
    }),
    yAxis: axis(tokens, {
      type: "value",
      axisLabel: { color: tokens.muted, fontSize: 11, formatter: (value: number) => moneyShort(value) },
    }),
    tooltip: {
      trigger: "axis",
      formatter: (points: { axisValue: number; value: Point; seriesName: string }[]) => {
        const level = points[0]?.axisValue
        if (level === undefined) return ""
        const away = ((level - spot) / spot) * 100
        const profits = points.filter(({ value }) => value[1] !== null)
        const lines = new Map(profits.map(({ seriesName, value }) => [seriesName, signedMoney(value[1])]))
        return [
          `<b>${number(level)}</b> (${away >= 0 ? "+" : "−"}${number(Math.abs(away), 1)}%)`,
          ...[...lines].map(([name, profit]) => `${name} ${profit}`),
        ].join("<br>")
      },
    },
    series: [
      {
        ...side("At expiry", gains, tokens.gain),
        markLine: {
          symbol: "none",
          silent: true,
          data: [
            line(spot, number(spot, 0), tokens.accent, "end"),
            ...breakevens
              .filter((level) => level > first && level < last)
              .map((level) => line(level, number(level, 0), tokens.muted, "start")),
            { yAxis: 0, lineStyle: { color: tokens["line-strong"], type: "solid" }, label: { show: false } },
          ],
        },
      },
      side("At expiry", losses, tokens.loss),
      {
        type: "line",
        name: curveDay(days),
        data: pairs(payoff.levels, second),
        symbol: "none",
        lineStyle: { width: 1.5, color: tokens.accent, type: "dashed" },
        itemStyle: { color: tokens.accent },
      },
    ],
  }
}

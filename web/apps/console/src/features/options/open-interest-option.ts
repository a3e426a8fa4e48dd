import type { Chain, ChainRow } from "@tradertape/api/generated/types.gen.ts"
import { axis } from "@tradertape/ui/charts/echart.tsx"
import { number, unitsShort } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import type { EChartsCoreOption } from "echarts/core"

/** The strikes around the money; bars further out are too small to read. */
export function aroundMoney(chain: Chain, either_side: number): ChainRow[] {
  const at = chain.rows.findIndex((row) => row.is_atm)
  return chain.rows.slice(Math.max(0, at - either_side), at + either_side + 1)
}

function strikes(rows: ChainRow[]): string[] {
  return rows.map((row) => number(row.strike))
}

function atmLine(chain: Chain, tokens: Tokens) {
  return {
    symbol: "none",
    silent: true,
    data: [
      {
        xAxis: number(chain.atm_strike),
        lineStyle: { color: tokens.accent, type: "dashed", width: 1 },
        label: { formatter: "ATM", color: tokens.accent, fontSize: 11 },
      },
    ],
  }
}

/** Open interest of calls and puts by strike. */
export function openInterestOption(chain: Chain, tokens: Tokens): EChartsCoreOption {
  const rows = aroundMoney(chain, 12)
  return {
    grid: {
      left: 8,
      right: 12,
      top: 22,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: axis(tokens, { type: "category", data: strikes(rows), splitLine: { show: false } }),
    yAxis: axis(tokens, {
      type: "value",
      axisLabel: { color: tokens.muted, fontSize: 11, formatter: (value: number) => unitsShort(value) },
    }),
    tooltip: { trigger: "axis", valueFormatter: (value: number) => unitsShort(value) },
    series: [
      {
        type: "bar",
        name: "Calls",
        data: rows.map((row) => row.CE?.oi ?? 0),
        itemStyle: { color: tokens.loss },
        barGap: "10%",
        markLine: atmLine(chain, tokens),
      },
      {
        type: "bar",
        name: "Puts",
        data: rows.map((row) => row.PE?.oi ?? 0),
        itemStyle: { color: tokens.gain },
      },
    ],
  }
}

/** In-the-money strikes shown in the smile: deeper in, one tick of price is several points of volatility. */
const STRIKES_IN = 3

/** Implied volatility by strike: the smile of out-of-the-money options. */
export function smileOption(chain: Chain, tokens: Tokens): EChartsCoreOption {
  const rows = aroundMoney(chain, 16)
  const atMoney = rows.findIndex((row) => row.is_atm)
  const isShown = (side: "CE" | "PE", place: number) =>
    side === "CE" ? place >= atMoney - STRIKES_IN : place <= atMoney + STRIKES_IN
  const curve = (name: string, side: "CE" | "PE", color: string) => ({
    type: "line",
    name,
    data: rows.map((row, place) => (isShown(side, place) ? (row[side]?.iv ?? null) : null)),
    symbol: "circle",
    symbolSize: 4,
    lineStyle: { width: 1.5, color },
    itemStyle: { color },
  })
  return {
    grid: {
      left: 8,
      right: 12,
      top: 22,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: axis(tokens, {
      type: "category",
      data: strikes(rows),
      boundaryGap: false,
      axisLabel: { color: tokens.muted, fontSize: 11, alignMaxLabel: "right" },
      splitLine: { show: false },
    }),
    yAxis: axis(tokens, {
      type: "value",
      scale: true,
      axisLabel: { color: tokens.muted, fontSize: 11, formatter: (value: number) => `${number(value, 0)}%` },
    }),
    tooltip: {
      trigger: "axis",
      valueFormatter: (value: number | null) => (value === null ? "–" : `${number(value, 2)}%`),
    },
    series: [
      { ...curve("Calls", "CE", tokens.loss), markLine: atmLine(chain, tokens) },
      curve("Puts", "PE", tokens.gain),
    ],
  }
}

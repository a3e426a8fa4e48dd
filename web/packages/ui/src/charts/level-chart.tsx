import {
  CandlestickSeries,
  createChart,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
} from "lightweight-charts"
import { useEffect, useRef } from "react"
import { number } from "../format.ts"
import { useTokens } from "../use-tokens.ts"
import type { PriceLevel } from "./candle-chart.tsx"
import { ChartCredit } from "./chart-credit.tsx"
import classes from "./charts.module.css"
import { bareLine, LineLabels } from "./line-labels.ts"
import { chartTime, liveChartOptions } from "./live-time.ts"
import { written } from "./time-chart.ts"

export interface TimedCandle {
  at: string
  open: number
  high: number
  low: number
  close: number
}

interface Props {
  candles: readonly TimedCandle[]
  levels: readonly PriceLevel[]
  /** The latest price, which updates the last candle. */
  price: number | undefined
  height: number
  label: string
  onReady?: (chart: IChartApi) => void
}

/** Intraday candles with price lines that may move. All lines stay in view. */
export function LevelChart({ candles, levels, price, height, label, onReady }: Props) {
  const tokens = useTokens()
  const host = useRef<HTMLDivElement>(null)
  const body = useRef<ISeriesApi<"Candlestick"> | null>(null)
  const lines = useRef<IPriceLine[]>([])
  const labels = useRef<LineLabels | null>(null)
  const shown = useRef(levels)
  shown.current = levels
  const last = useRef<TimedCandle | undefined>(undefined)
  const drawn = useRef<IChartApi | null>(null)
  const room = useRef(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is rebuilt for new candles or colours only
  useEffect(() => {
    if (!host.current) return
    const chart = createChart(host.current, liveChartOptions(tokens, false))
    const series = chart.addSeries(CandlestickSeries, {
      upColor: tokens.gain,
      wickUpColor: tokens.gain,
      borderUpColor: tokens.gain,
      downColor: tokens.loss,
      wickDownColor: tokens.loss,
      borderDownColor: tokens.loss,
      priceFormat: written((value) => number(value, 2)),
      autoscaleInfoProvider: (
        original: () => { priceRange: { minValue: number; maxValue: number } | null } | null,
      ) => {
        const found = original()
        const prices = shown.current.map((level) => level.price)
        if (!found?.priceRange || prices.length === 0) return found
        const { minValue, maxValue } = found.priceRange
        return {
          ...found,
          priceRange: { minValue: Math.min(minValue, ...prices), maxValue: Math.max(maxValue, ...prices) },
        }
      },
    })
    series.setData(candles.map(({ at, ...rest }) => ({ time: chartTime(at), ...rest })))
    last.current = candles.at(-1)
    body.current = series
    drawn.current = chart
    room.current = 0
    labels.current = new LineLabels(tokens, { decimals: 2 })
    series.attachPrimitive(labels.current)
    chart.timeScale().fitContent()
    chart.timeScale().subscribeSizeChange(() => {
      const room_px = labels.current?.resize(host.current?.clientWidth ?? 0) ?? 0
      if (drawn.current !== chart || room_px === room.current) return
      room.current = room_px
      chart.timeScale().applyOptions({ rightOffsetPixels: room_px })
      chart.timeScale().fitContent()
    })
    onReady?.(chart)
    return () => {
      body.current = null
      drawn.current = null
      lines.current = []
      chart.remove()
    }
  }, [candles, tokens])

  // biome-ignore lint/correctness/useExhaustiveDependencies: new candles create a new chart that needs its lines
  useEffect(() => {
    const series = body.current
    if (!series) return
    for (const line of lines.current) series.removePriceLine(line)
    lines.current = levels.map((level) => series.createPriceLine(bareLine(level, tokens)))
    const room_px = labels.current?.show(levels, host.current?.clientWidth ?? 0) ?? 0
    if (room_px === room.current) return
    room.current = room_px
    drawn.current?.timeScale().applyOptions({ rightOffsetPixels: room_px })
    drawn.current?.timeScale().fitContent()
  }, [levels, tokens, candles])

  useEffect(() => {
    const candle = last.current
    if (!candle || price === undefined) return
    const moved = {
      ...candle,
      close: price,
      high: Math.max(candle.high, price),
      low: Math.min(candle.low, price),
    }
    last.current = moved
    const { at, ...rest } = moved
    body.current?.update({ time: chartTime(at), ...rest })
  }, [price])

  return (
    <div>
      <figure ref={host} style={{ height, margin: 0 }} aria-label={label} />
      <div className={classes.foot}>
        <ChartCredit />
      </div>
    </div>
  )
}

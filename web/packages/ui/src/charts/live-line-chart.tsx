import { BaselineSeries, createChart, type IChartApi, type ISeriesApi } from "lightweight-charts"
import { useEffect, useRef } from "react"
import { useHidden } from "../discreet.ts"
import { useTokens } from "../use-tokens.ts"
import { ChartCredit } from "./chart-credit.tsx"
import classes from "./charts.module.css"
import { chartTime, liveChartOptions } from "./live-time.ts"
import { translucent, written } from "./time-chart.ts"

export interface LinePoint {
  at: string
  value: number
}

/** Up to this many points the whole line is kept in view. */
const FITTED = 900

interface Props {
  points: readonly LinePoint[]
  /** The newest value, appended live. */
  last: LinePoint | undefined
  /** Minimum height in pixels; the chart grows with its column. */
  height: number
  label: string
  format: (value: number) => string
  onReady?: (chart: IChartApi) => void
}

/** A live line around zero: gains above, losses below. */
export function LiveLineChart({ points, last, height, label, format, onReady }: Props) {
  const tokens = useTokens()
  const isHidden = useHidden()
  const host = useRef<HTMLDivElement>(null)
  const line = useRef<ISeriesApi<"Baseline"> | null>(null)
  const chart = useRef<IChartApi | null>(null)
  const newest = useRef(0)
  const drawn = useRef(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is rebuilt for new points, colours and discreet mode only
  useEffect(() => {
    if (!host.current) return
    const made = createChart(host.current, liveChartOptions(tokens, true))
    const series = made.addSeries(BaselineSeries, {
      baseValue: { type: "price", price: 0 },
      topLineColor: tokens.gain,
      topFillColor1: translucent(tokens.gain, 0.22),
      topFillColor2: translucent(tokens.gain, 0.03),
      bottomLineColor: tokens.loss,
      bottomFillColor1: translucent(tokens.loss, 0.03),
      bottomFillColor2: translucent(tokens.loss, 0.22),
      lineWidth: 2,
      priceLineVisible: false,
      priceFormat: written(format),
    })
    const byTime = new Map(points.map(({ at, value }) => [chartTime(at), value]))
    const data = [...byTime].map(([time, value]) => ({ time, value })).sort((a, b) => a.time - b.time)
    series.setData(data)
    newest.current = data.at(-1)?.time ?? 0
    drawn.current = data.length
    line.current = series
    chart.current = made
    made.timeScale().fitContent()
    onReady?.(made)
    return () => {
      line.current = null
      chart.current = null
      made.remove()
    }
  }, [points, tokens, isHidden])

  useEffect(() => {
    const time = last && chartTime(last.at)
    if (!time || time < newest.current) return
    newest.current = time
    line.current?.update({ time, value: last.value })
    drawn.current += 1
    if (drawn.current < FITTED) chart.current?.timeScale().fitContent()
  }, [last])

  return (
    <>
      <figure
        ref={host}
        style={{ flex: 1, minHeight: height, margin: 0, contain: "size" }}
        aria-label={label}
      />
      <div className={classes.foot}>
        <ChartCredit />
      </div>
    </>
  )
}

import {
  AreaSeries,
  createChart,
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type SeriesType,
  type Time,
} from "lightweight-charts"
import { useEffect, useRef, useState } from "react"
import { date as dateText } from "../format.ts"
import { type Tokens, useTokens } from "../use-tokens.ts"
import classes from "./charts.module.css"
import { timeChartOptions, translucent, written } from "./time-chart.ts"

export interface CurvePoint {
  date: string
  value: number | null
}

export interface Curve {
  label: string
  color: string
  points: CurvePoint[]
  dashed?: boolean
  width?: 1 | 2
}

export interface LowerPane {
  label: string
  points: CurvePoint[]
  format: (value: number) => string
}

interface Props {
  curves: Curve[]
  lower?: LowerPane
  height: number
  format: (value: number) => string
  label: string
  onReady?: (chart: IChartApi) => void
}

interface Reading {
  date: string
  values: (number | null)[]
}

type Line = ISeriesApi<SeriesType>

function known(points: CurvePoint[]) {
  return points.map(({ date, value }) =>
    value === null ? { time: date as Time } : { time: date as Time, value },
  )
}

function draw(chart: IChartApi, { curves, lower, format }: Props, tokens: Tokens): Line[] {
  const lines: Line[] = curves.map((curve) => {
    const line = chart.addSeries(LineSeries, {
      color: curve.color,
      lineWidth: curve.width ?? 2,
      lineStyle: curve.dashed ? LineStyle.Dashed : LineStyle.Solid,
      priceLineVisible: false,
      priceFormat: written(format),
      lastValueVisible: true,
      crosshairMarkerRadius: 3,
    })
    line.setData(known(curve.points))
    return line
  })
  if (lower) {
    const area = chart.addSeries(
      AreaSeries,
      {
        lineColor: tokens.loss,
        lineWidth: 1,
        topColor: translucent(tokens.loss, 0.04),
        bottomColor: translucent(tokens.loss, 0.28),
        invertFilledArea: true,
        priceLineVisible: false,
        priceFormat: written(lower.format),
      },
      1,
    )
    area.setData(known(lower.points))
    chart.panes()[1]?.setStretchFactor(0.32)
    lines.push(area)
  }
  return lines
}

/** Curves over trading days, with an optional filled pane below; a table follows the crosshair. */
export function CurvesChart(props: Props) {
  const { curves, lower, height, format, label, onReady } = props
  const tokens = useTokens()
  const host = useRef<HTMLDivElement>(null)
  const [reading, setReading] = useState<Reading | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is rebuilt for new curves or colours only
  useEffect(() => {
    if (!host.current) return
    const chart = createChart(host.current, timeChartOptions(tokens))
    const lines = draw(chart, props, tokens)
    chart.timeScale().fitContent()
    chart.subscribeCrosshairMove((move) => {
      if (!move.time) return setReading(null)
      const values = lines.map((line) => {
        const point = move.seriesData.get(line)
        return point && "value" in point ? point.value : null
      })
      setReading({ date: String(move.time), values })
    })
    onReady?.(chart)
    return () => chart.remove()
  }, [curves, lower, tokens])

  const last = (points: CurvePoint[]) => points.at(-1)?.value ?? null
  const values = reading?.values ?? [
    ...curves.map((c) => last(c.points)),
    ...(lower ? [last(lower.points)] : []),
  ]
  const shown = reading?.date ?? curves[0]?.points.at(-1)?.date
  return (
    <div>
      <div className={classes.legend}>
        <span className={classes.when}>{dateText(shown)}</span>
        <dl className={classes.items}>
          {curves.map((curve, i) => (
            <div key={curve.label} className={classes.item}>
              <dt>
                <span className={classes.swatch} style={{ background: curve.color }} />
                {curve.label}
              </dt>
              <dd className="tt-num">{values[i] == null ? "–" : format(values[i])}</dd>
            </div>
          ))}
          {lower && (
            <div className={classes.item}>
              <dt>
                <span className={classes.swatch} style={{ background: tokens.loss }} />
                {lower.label}
              </dt>
              <dd className="tt-num">
                {values.at(-1) == null ? "–" : lower.format(values.at(-1) as number)}
              </dd>
            </div>
          )}
        </dl>
      </div>
      <figure ref={host} style={{ height, margin: 0 }} aria-label={label} />
    </div>
  )
}

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
import { useEffect, useMemo, useRef, useState } from "react"
import { useHidden } from "../discreet.ts"
import { date as dateText } from "../format.ts"
import { type Tokens, useTokens } from "../use-tokens.ts"
import { ChartFoot } from "./chart-foot.tsx"
import classes from "./charts.module.css"
import { type Range, rangesWithin, startOf, WHOLE } from "./range.ts"
import { boundedChartOptions, translucent, written } from "./time-chart.ts"

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

/** What a chart shows: the range last asked for, and the days in view. */
interface View {
  range: Range
  from: string
  to: string
}

function showRange(chart: IChartApi, { months }: Range, days: readonly CurvePoint[]): void {
  const last = days.at(-1)?.date
  const scale = chart.timeScale()
  if (months === null || !last) scale.fitContent()
  else scale.setVisibleRange({ from: startOf(last, months) as Time, to: last as Time })
}

/** Curves over trading days, with an optional filled pane below; a table follows the crosshair. */
export function CurvesChart(props: Props) {
  const { curves, lower, height, format, label, onReady } = props
  const tokens = useTokens()
  const isHidden = useHidden()
  const host = useRef<HTMLDivElement>(null)
  const [reading, setReading] = useState<Reading | null>(null)
  const chart = useRef<IChartApi | null>(null)
  const [view, setView] = useState<View>({ range: WHOLE, from: "", to: "" })
  const chosen = useRef(view.range)
  const days = useMemo(() => curves[0]?.points ?? [], [curves])
  const ranges = useMemo(() => rangesWithin(days[0]?.date, days.at(-1)?.date), [days])
  const show = (range: Range) => {
    chosen.current = range
    setView((old) => ({ ...old, range }))
    if (chart.current) showRange(chart.current, range, days)
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is rebuilt for new curves, colours and discreet mode only
  useEffect(() => {
    if (!host.current) return
    const made = createChart(host.current, boundedChartOptions(tokens))
    const lines = draw(made, props, tokens)
    chart.current = made
    showRange(made, chosen.current, days)
    made.subscribeDblClick(() => show(WHOLE))
    made.timeScale().subscribeVisibleTimeRangeChange((seen) => {
      if (seen) setView((old) => ({ ...old, from: String(seen.from), to: String(seen.to) }))
    })
    made.subscribeCrosshairMove((move) => {
      if (!move.time) return setReading(null)
      const values = lines.map((line) => {
        const point = move.seriesData.get(line)
        return point && "value" in point ? point.value : null
      })
      setReading({ date: String(move.time), values })
    })
    onReady?.(made)
    return () => {
      chart.current = null
      made.remove()
    }
  }, [curves, lower, tokens, isHidden])

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
      <ChartFoot view={view} ranges={ranges} onRange={show} />
    </div>
  )
}

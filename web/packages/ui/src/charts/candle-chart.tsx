import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  LineStyle,
  type SeriesMarker,
  type Time,
} from "lightweight-charts"
import { useEffect, useRef, useState } from "react"
import { date as dateText, number, unitsShort } from "../format.ts"
import { type Tokens, useTokens } from "../use-tokens.ts"
import { ChartCredit } from "./chart-credit.tsx"
import classes from "./charts.module.css"
import { timeChartOptions, translucent, written } from "./time-chart.ts"

export interface CandlePoint {
  date: string
  open: number
  high: number
  low: number
  close: number
  volume: number
}

export interface CandleMark {
  date: string
  text: string
  side: "below" | "above"
  tone: "accent" | "gain" | "loss"
}

export interface PriceLevel {
  price: number
  label: string
  tone: "accent" | "gain" | "loss" | "muted"
}

interface Props {
  candles: CandlePoint[]
  marks?: CandleMark[]
  levels?: PriceLevel[]
  range?: { from: string; to: string }
  height: number
  label: string
  onPick?: (date: string) => void
  onReady?: (chart: IChartApi) => void
}

const SHAPES = { below: "arrowUp", above: "arrowDown" } as const

function draw(chart: IChartApi, { candles, marks, levels }: Props, tokens: Tokens) {
  const body = chart.addSeries(CandlestickSeries, {
    upColor: tokens.gain,
    wickUpColor: tokens.gain,
    borderUpColor: tokens.gain,
    downColor: tokens.loss,
    wickDownColor: tokens.loss,
    borderDownColor: tokens.loss,
    priceFormat: written((price) => number(price, 2)),
    priceLineVisible: false,
  })
  body.setData(
    candles.map(({ date, open, high, low, close }) => ({ time: date as Time, open, high, low, close })),
  )
  const volume = chart.addSeries(
    HistogramSeries,
    { priceFormat: { type: "volume" }, priceLineVisible: false, lastValueVisible: false },
    1,
  )
  volume.setData(
    candles.map((c) => ({
      time: c.date as Time,
      value: c.volume,
      color: translucent(c.close >= c.open ? tokens.gain : tokens.loss, 0.45),
    })),
  )
  chart.panes()[1]?.setStretchFactor(0.2)
  const markers: SeriesMarker<Time>[] = (marks ?? []).map((mark) => ({
    time: mark.date as Time,
    position: mark.side === "below" ? "belowBar" : "aboveBar",
    shape: SHAPES[mark.side],
    color: tokens[mark.tone],
    text: mark.text,
  }))
  createSeriesMarkers(body, markers)
  for (const level of levels ?? []) {
    body.createPriceLine({
      price: level.price,
      title: level.label,
      color: tokens[level.tone],
      lineWidth: 1,
      lineStyle: LineStyle.Dashed,
      axisLabelVisible: true,
    })
  }
}

/** Width of the widest label of a level, which is drawn at the right. */
const LABEL_PX = 56

/** Leave room at the right, so that the labels of levels are beside the newest candles. */
function keepLabelsOff(chart: IChartApi, width: number): void {
  const seen = chart.timeScale().getVisibleLogicalRange()
  if (!seen || width <= 2 * LABEL_PX) return
  const room = ((seen.to - seen.from) * LABEL_PX) / (width - LABEL_PX)
  chart.timeScale().setVisibleLogicalRange({ from: seen.from, to: seen.to + room })
}

/** Daily candles with volume, markers and price lines. A click reports its day. */
export function CandleChart(props: Props) {
  const { candles, marks, levels, range, height, label, onPick, onReady } = props
  const tokens = useTokens()
  const host = useRef<HTMLDivElement>(null)
  const pick = useRef(onPick)
  pick.current = onPick
  const [hovered, setHovered] = useState<string | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is rebuilt for new candles, marks or colours only
  useEffect(() => {
    if (!host.current) return
    const chart = createChart(host.current, timeChartOptions(tokens))
    draw(chart, props, tokens)
    if (range) chart.timeScale().setVisibleRange({ from: range.from as Time, to: range.to as Time })
    else chart.timeScale().fitContent()
    if (levels?.length) keepLabelsOff(chart, host.current.clientWidth)
    chart.subscribeClick((click) => click.time && pick.current?.(String(click.time)))
    chart.subscribeCrosshairMove((move) => setHovered(move.time ? String(move.time) : null))
    onReady?.(chart)
    return () => chart.remove()
  }, [candles, marks, levels, range?.from, range?.to, tokens])

  const candle = candles.find((c) => c.date === hovered) ?? candles.at(-1)
  return (
    <div>
      {candle && (
        <div className={classes.legend}>
          <span className={classes.when}>{dateText(candle.date)}</span>
          <dl className={classes.items}>
            {(["open", "high", "low", "close"] as const).map((key) => (
              <div key={key} className={classes.item}>
                <dt>{key.charAt(0).toUpperCase()}</dt>
                <dd className="tt-num">{number(candle[key], 2)}</dd>
              </div>
            ))}
            <div className={classes.item}>
              <dt>Vol</dt>
              <dd className="tt-num">{unitsShort(candle.volume)}</dd>
            </div>
          </dl>
        </div>
      )}
      <figure ref={host} style={{ height, margin: 0 }} aria-label={label} />
      <div className={classes.foot}>
        <ChartCredit />
      </div>
    </div>
  )
}

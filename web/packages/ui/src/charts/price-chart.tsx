import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from "lightweight-charts"
import { useEffect, useRef, useState } from "react"
import { number, unitsShort } from "../format.ts"
import { type Tokens, useTokens } from "../use-tokens.ts"
import { ChartCredit } from "./chart-credit.tsx"
import classes from "./charts.module.css"
import { bareLine, type LabelledLine, LineLabels } from "./line-labels.ts"
import { timeChartOptions, translucent, written } from "./time-chart.ts"

/** time: a trading date, or Indian time in seconds as if it were UTC (the chart has no time zones). */
export interface PriceCandle {
  time: string | number
  open: number
  high: number
  low: number
  close: number
  volume: number
}

export interface PriceMark {
  time: string | number
  side: "BUY" | "SELL"
  text: string
  /** Shown in addition if the chart is wide enough. */
  detail: string
}

/** A line at a price. */
export type PriceLine = LabelledLine

interface Props {
  candles: readonly PriceCandle[]
  /** The current candle; it replaces or follows the last one. */
  current: PriceCandle | null
  marks: readonly PriceMark[]
  lines: readonly PriceLine[]
  height: number
  label: string
  /** Formats the time of a candle above the chart. */
  when: (time: string | number) => string
  decimals?: number
}

interface Drawn {
  host: HTMLElement
  chart: IChartApi
  body: ISeriesApi<"Candlestick">
  volume: ISeriesApi<"Histogram">
  markers: ISeriesMarkersPluginApi<Time>
  lines: IPriceLine[]
  labels: LineLabels
  /** Width of the labels of lines. */
  room_px: number
  /** Width of the chart for which there is that room. */
  width_px: number
  isGone: boolean
}

const IST_S = 19_800
const SHOWN = 120
const NARROW_PX = 420
/** Bars kept free at the right for the label of a marker on the newest candle. */
const ROOM = 9

/** Keep room at the right of the newest candle for the labels of lines, beside that for a marker's. */
function keepRoom({ chart, host, room_px }: Drawn, count: number): void {
  const scale = chart.timeScale()
  const from = Math.max(-2, count - SHOWN)
  const width = scale.width() || host.clientWidth
  const bar_px = Math.max(1, width - room_px) / (count - from + ROOM)
  scale.setVisibleLogicalRange({ from, to: count + ROOM + room_px / bar_px })
}

/** Convert an instant to chart time: Indian time in seconds. */
export function chartTime(instant: string): number {
  return Math.floor(new Date(instant).getTime() / 1_000) + IST_S
}

function timeOf(time: string | number): Time {
  return typeof time === "number" ? (time as UTCTimestamp) : time
}

function begin(host: HTMLElement, tokens: Tokens, decimals: number): Drawn {
  const chart = createChart(host, {
    ...timeChartOptions(tokens),
    handleScale: { axisPressedMouseMove: true, mouseWheel: true, pinch: true },
    handleScroll: { mouseWheel: true, pressedMouseMove: true, horzTouchDrag: true, vertTouchDrag: false },
  })
  chart.timeScale().applyOptions({ timeVisible: true, secondsVisible: false, rightOffset: ROOM })
  const body = chart.addSeries(CandlestickSeries, {
    upColor: tokens.gain,
    wickUpColor: tokens.gain,
    borderUpColor: tokens.gain,
    downColor: tokens.loss,
    wickDownColor: tokens.loss,
    borderDownColor: tokens.loss,
    priceFormat: written((price) => number(price, decimals)),
    priceLineColor: tokens.muted,
  })
  const volume = chart.addSeries(
    HistogramSeries,
    { priceFormat: written(unitsShort), priceLineVisible: false, lastValueVisible: false },
    1,
  )
  chart.panes()[1]?.setStretchFactor(0.22)
  const labels = new LineLabels(tokens, { decimals })
  body.attachPrimitive(labels)
  return {
    host,
    chart,
    body,
    volume,
    markers: createSeriesMarkers(body, []),
    lines: [],
    labels,
    room_px: 0,
    width_px: host.clientWidth,
    isGone: false,
  }
}

function bar(candle: PriceCandle) {
  const { open, high, low, close } = candle
  return { time: timeOf(candle.time), open, high, low, close }
}

function column(candle: PriceCandle, tokens: Tokens) {
  const color = translucent(candle.close >= candle.open ? tokens.gain : tokens.loss, 0.45)
  return { time: timeOf(candle.time), value: candle.volume, color }
}

function fill(drawn: Drawn, candles: readonly PriceCandle[], tokens: Tokens): void {
  drawn.body.setData(candles.map(bar))
  drawn.volume.setData(candles.map((candle) => column(candle, tokens)))
  // A day's candle has no time of day.
  drawn.chart.timeScale().applyOptions({ timeVisible: typeof candles[0]?.time === "number" })
  keepRoom(drawn, candles.length)
}

function mark(drawn: Drawn, marks: readonly PriceMark[], tokens: Tokens): void {
  const isNarrow = drawn.host.clientWidth < NARROW_PX
  const made: SeriesMarker<Time>[] = marks.map(({ time, side, text, detail }) => ({
    time: timeOf(time),
    position: side === "BUY" ? "belowBar" : "aboveBar",
    shape: side === "BUY" ? "arrowUp" : "arrowDown",
    color: side === "BUY" ? tokens.accent : tokens.warn,
    text: isNarrow ? text : `${text} ${detail}`,
  }))
  drawn.markers.setMarkers(made)
}

function rule(drawn: Drawn, lines: readonly PriceLine[], tokens: Tokens): void {
  for (const line of drawn.lines) drawn.body.removePriceLine(line)
  drawn.lines = lines.map((line) => drawn.body.createPriceLine(bareLine(line, tokens)))
  const room_px = drawn.labels.show(lines, drawn.host.clientWidth)
  if (room_px === drawn.room_px) return
  drawn.room_px = room_px
  keepRoom(drawn, drawn.body.data().length)
}

/** On a phone that is turned, or in a window that is resized, the labels of lines still cover no candles. */
function refit(drawn: Drawn): void {
  const { clientWidth } = drawn.host
  if (drawn.isGone || clientWidth === drawn.width_px) return
  drawn.width_px = clientWidth
  drawn.room_px = drawn.labels.resize(clientWidth)
  keepRoom(drawn, drawn.body.data().length)
}

/** A live candle chart: the last candle, markers and lines update without creating a new chart. */
export function PriceChart(props: Props) {
  const { candles, current, marks, lines, height, label, when, decimals = 2 } = props
  const tokens = useTokens()
  const host = useRef<HTMLDivElement>(null)
  const [drawn, setDrawn] = useState<Drawn | null>(null)
  const [hovered, setHovered] = useState<string | number | null>(null)

  useEffect(() => {
    if (!host.current) return
    const made = begin(host.current, tokens, decimals)
    made.chart.subscribeCrosshairMove(({ time }) => setHovered((time as string | number | undefined) ?? null))
    made.chart.timeScale().subscribeSizeChange(() => refit(made))
    setDrawn(made)
    return () => {
      setDrawn(null)
      made.isGone = true
      made.chart.remove()
    }
  }, [tokens, decimals])

  useEffect(() => {
    if (isThere(drawn)) fill(drawn, candles, tokens)
  }, [drawn, candles, tokens])

  useEffect(() => {
    if (!isThere(drawn) || !current) return
    const last = candles.at(-1)
    // The chart may briefly have newer data after a change of interval.
    if (last && chartOrder(last.time) > chartOrder(current.time)) return
    drawn.body.update(bar(current))
    drawn.volume.update(column(current, tokens))
  }, [drawn, candles, current, tokens])

  useEffect(() => {
    if (isThere(drawn)) mark(drawn, marks, tokens)
  }, [drawn, marks, tokens])

  useEffect(() => {
    if (isThere(drawn)) rule(drawn, lines, tokens)
  }, [drawn, lines, tokens])

  const isOnCurrent = hovered === null || hovered === current?.time
  const found = isOnCurrent ? undefined : candles.find(({ time }) => time === hovered)
  const shown = found ?? current ?? candles.at(-1)
  return (
    <div>
      {shown && <Reading candle={shown} when={when} decimals={decimals} />}
      <figure ref={host} style={{ height, margin: 0 }} aria-label={label} />
      <div className={classes.foot}>
        <ChartCredit />
      </div>
    </div>
  )
}

/** New colours create a new chart; effects of the same render still see the previous one. */
function isThere(drawn: Drawn | null): drawn is Drawn {
  return drawn !== null && !drawn.isGone
}

function chartOrder(time: string | number): number {
  return typeof time === "number" ? time : Date.parse(time) / 1_000
}

function Reading({ candle, when, decimals }: { candle: PriceCandle } & Pick<Props, "when" | "decimals">) {
  return (
    <div className={classes.legend}>
      <span className={classes.when}>{when(candle.time)}</span>
      <dl className={classes.items}>
        {(["open", "high", "low", "close"] as const).map((key) => (
          <div key={key} className={classes.item}>
            <dt>{key.charAt(0).toUpperCase()}</dt>
            <dd className="tt-num">{number(candle[key], decimals)}</dd>
          </div>
        ))}
        <div className={classes.item}>
          <dt>Vol</dt>
          <dd className="tt-num">{unitsShort(candle.volume)}</dd>
        </div>
      </dl>
    </div>
  )
}

import type {
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts"
import { LineStyle } from "lightweight-charts"
import { number } from "../format.ts"
import type { Tokens } from "../use-tokens.ts"
import { CHART_FONT, translucent } from "./time-chart.ts"

export interface LabelledLine {
  price: number
  label: string
  tone: "accent" | "gain" | "loss" | "muted" | "warn"
}

interface Box {
  y: number
  width: number
}

interface Room {
  left: number
  width: number
  height: number
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0]

const ROW = 17
const GAP = 6
const PADDING = 4
const LABEL_FONT = `11px ${CHART_FONT}`

/** The library's price line without its own label, which would cover other labels and the newest candles. */
export function bareLine({ price, tone }: LabelledLine, tokens: Tokens) {
  return {
    price,
    color: tokens[tone],
    lineWidth: 1,
    lineStyle: LineStyle.Dashed,
    axisLabelVisible: false,
    title: "",
  } as const
}

/**
 * Place labels in the given order: each at its line; labels of close lines side by side, or in the next row if a row
 * is full. Labels do not overlap as long as all rows fit.
 */
export function placedLabels(boxes: readonly Box[], room: Room): { x: number; y: number }[] {
  const rows: { y: number; end: number; members: { index: number; x: number }[] }[] = []
  for (const index of [...boxes.keys()].sort((a, b) => at(boxes, a).y - at(boxes, b).y)) {
    const { y, width } = at(boxes, index)
    const last = rows.at(-1)
    const isClose = last !== undefined && y - last.y < ROW
    if (last && isClose && last.end + width <= room.width) {
      last.members.push({ index, x: last.end })
      last.end += width + GAP
    } else {
      const top = Math.max(y, ROW / 2, last ? last.y + ROW : 0)
      rows.push({ y: top, end: room.left + width + GAP, members: [{ index, x: room.left }] })
    }
  }
  const found: { x: number; y: number }[] = []
  let lowest = room.height - ROW / 2
  for (const row of rows.toReversed()) {
    row.y = Math.min(row.y, lowest)
    lowest = row.y - ROW
    for (const { index, x } of row.members) found[index] = { x, y: row.y }
  }
  return found
}

/** The position of the label of a line at `y`, and its suffix: a line out of view has its label at the edge. */
export function sighted(y: number, height: number): { y: number; beyond: string } {
  if (y < 0) return { y: 0, beyond: ", above" }
  if (y > height) return { y: height, beyond: ", below" }
  return { y, beyond: "" }
}

/** The largest part of a chart's width that its labels may take; wider ones are written without their prices. */
const LARGEST_SHARE = 0.35

/** The width of the column of labels at the right of a chart, and whether the prices fit in it; 0 without labels. */
export function labelColumn(
  widths: readonly { full: number; short: number }[],
  chart: number,
): { width: number; hasPrices: boolean } {
  if (widths.length === 0) return { width: 0, hasPrices: true }
  const full = Math.max(...widths.map((one) => one.full)) + 2 * PADDING
  if (full <= chart * LARGEST_SHARE) return { width: full, hasPrices: true }
  const short = Math.max(...widths.map((one) => one.short)) + 2 * PADDING
  return { width: Math.min(short, chart / 2), hasPrices: false }
}

function at(boxes: readonly Box[], index: number): Box {
  return boxes[index] ?? { y: 0, width: 0 }
}

/** Labels of price lines in a column at the right of the pane, where the chart keeps room for them. */
export class LineLabels implements ISeriesPrimitive<Time>, IPrimitivePaneView, IPrimitivePaneRenderer {
  readonly #tokens: Tokens
  readonly #decimals: number
  readonly #views = [this]
  #lines: readonly LabelledLine[] = []
  #series: ISeriesApi<"Candlestick"> | null = null
  #column = labelColumn([], 0)
  #redraw: () => void = () => {}

  constructor(tokens: Tokens, { decimals }: { decimals: number }) {
    this.#tokens = tokens
    this.#decimals = decimals
  }

  /** Show the lines' labels on a chart of a width in pixels. Returns the room to keep free at its right. */
  show(lines: readonly LabelledLine[], chart: number): number {
    this.#lines = lines
    this.#column = labelColumn(this.#widths(), chart)
    this.#redraw()
    return this.#column.width && this.#column.width + GAP
  }

  /** Show the same labels on a chart of another width. Returns the room to keep free at its right. */
  resize(chart: number): number {
    return this.show(this.#lines, chart)
  }

  #widths(): { full: number; short: number }[] {
    const context = document.createElement("canvas").getContext("2d")
    if (!context) return []
    context.font = LABEL_FONT
    return this.#lines.map((line) => ({
      full: context.measureText(this.#text(line, ", above", true)).width,
      short: context.measureText(this.#text(line, "", false)).width,
    }))
  }

  #text({ label, price }: LabelledLine, beyond: string, hasPrice: boolean): string {
    return hasPrice ? `${label} ${number(price, this.#decimals)}${beyond}` : label
  }

  attached({ series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#series = series as ISeriesApi<"Candlestick">
    this.#redraw = requestUpdate
  }

  detached(): void {
    this.#series = null
    this.#redraw = () => {}
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views
  }

  zOrder() {
    return "top" as const
  }

  renderer(): IPrimitivePaneRenderer {
    return this
  }

  draw(target: Target): void {
    // biome-ignore lint/correctness/useHookAtTopLevel: not a hook but a method of the canvas library
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.font = LABEL_FONT
      context.textBaseline = "middle"
      const labels = this.#lines.flatMap((line) => {
        const found = this.#series?.priceToCoordinate(line.price) ?? null
        if (found === null) return []
        const { y, beyond } = sighted(found, mediaSize.height)
        const text = this.#text(line, beyond, this.#column.hasPrices)
        return [
          { text, color: this.#tokens[line.tone], y, width: context.measureText(text).width + 2 * PADDING },
        ]
      })
      const places = placedLabels(labels, { ...mediaSize, left: mediaSize.width - this.#column.width })
      for (const [index, { text, color, width }] of labels.entries()) {
        const place = places[index]
        if (!place) continue
        context.fillStyle = translucent(this.#tokens.surface, 0.85)
        context.fillRect(place.x, place.y - ROW / 2, width, ROW)
        context.fillStyle = color
        context.fillText(text, place.x + PADDING, place.y + 0.5)
      }
    })
  }
}

import { type ChartOptions, ColorType, CrosshairMode, type DeepPartial, LineStyle } from "lightweight-charts"
import type { Tokens } from "../use-tokens.ts"

export const CHART_FONT = "'Inter Variable', system-ui, sans-serif"

/** Common options of all time charts; series only add their colours. */
export function timeChartOptions(tokens: Tokens): DeepPartial<ChartOptions> {
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: tokens.surface },
      textColor: tokens.muted,
      fontFamily: CHART_FONT,
      fontSize: 11,
      // The credit is below the chart (ChartCredit): the logo would cover candles.
      attributionLogo: false,
      panes: { separatorColor: tokens.line, separatorHoverColor: tokens.line, enableResize: true },
    },
    localization: { locale: "en-IN" },
    grid: {
      vertLines: { visible: false },
      horzLines: { color: tokens.line, style: LineStyle.Solid },
    },
    crosshair: {
      mode: CrosshairMode.Magnet,
      vertLine: { color: tokens["line-strong"], labelBackgroundColor: tokens.muted },
      horzLine: { color: tokens["line-strong"], labelBackgroundColor: tokens.muted },
    },
    rightPriceScale: { borderVisible: false },
    timeScale: { borderColor: tokens.line, rightOffset: 2, minBarSpacing: 0.1 },
    handleScale: { axisPressedMouseMove: true, mouseWheel: false },
    handleScroll: { mouseWheel: false, vertTouchDrag: false },
  }
}

/**
 * Options of a chart of a whole period: zoomed by wheel and pinch, and never moved beyond its first or last day, whose
 * labels on the axis are whole.
 */
export function boundedChartOptions(tokens: Tokens): DeepPartial<ChartOptions> {
  const base = timeChartOptions(tokens)
  return {
    ...base,
    timeScale: {
      ...base.timeScale,
      rightOffset: 0,
      fixLeftEdge: true,
      fixRightEdge: true,
      lockVisibleTimeRangeOnResize: true,
    },
    handleScale: { axisPressedMouseMove: true, axisDoubleClickReset: true, mouseWheel: true, pinch: true },
    handleScroll: { mouseWheel: false, pressedMouseMove: true, horzTouchDrag: true, vertTouchDrag: false },
  }
}

/** The price format of a series, for axis and crosshair. */
export function written(format: (value: number) => string) {
  return { type: "custom", formatter: format, minMove: 0.01 } as const
}

/** Convert a hex colour to a translucent one: "#3848d0" and 0.2 → "rgba(56, 72, 208, 0.2)". */
export function translucent(color: string, alpha: number): string {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return color
  const hex = color.slice(1)
  const [r, g, b] = [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16))
  return `rgba(${r}, ${g}, ${b}, ${alpha})`
}

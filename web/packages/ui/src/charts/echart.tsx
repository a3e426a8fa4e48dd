import { BarChart, CustomChart, HeatmapChart, LineChart, ScatterChart, TreemapChart } from "echarts/charts"
import {
  AriaComponent,
  CalendarComponent,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components"
import { type EChartsCoreOption, type EChartsType, init, use } from "echarts/core"
import { CanvasRenderer } from "echarts/renderers"
import { useEffect, useRef } from "react"
import { useHidden } from "../discreet.ts"
import { type Tokens, useTokens } from "../use-tokens.ts"

use([
  AriaComponent,
  BarChart,
  CalendarComponent,
  CanvasRenderer,
  CustomChart,
  GridComponent,
  HeatmapChart,
  LineChart,
  MarkLineComponent,
  ScatterChart,
  TooltipComponent,
  TreemapChart,
  VisualMapComponent,
])

interface Props {
  /** Called again when the palette or discreet mode changes; keep it stable with useCallback. */
  option: (tokens: Tokens) => EChartsCoreOption
  height: number
  label: string
  onPick?: (index: number) => void
  onReady?: (chart: EChartsType) => void
}

/** Common options of all statistical charts: font, axes, tooltip. */
export function chartBase(tokens: Tokens): EChartsCoreOption {
  return {
    textStyle: { fontFamily: "'Inter Variable', system-ui, sans-serif", color: tokens.muted },
    animation: false,
    grid: {
      left: 8,
      right: 12,
      top: 12,
      bottom: 4,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    tooltip: {
      backgroundColor: tokens.surface,
      borderColor: tokens["line-strong"],
      textStyle: { color: tokens.text, fontSize: 12 },
      padding: [6, 10],
      confine: true,
    },
    aria: { enabled: true },
  }
}

export function axis(tokens: Tokens, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    axisLine: { lineStyle: { color: tokens["line-strong"] } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: tokens.line } },
    axisLabel: { color: tokens.muted, fontSize: 11, hideOverlap: true },
    nameTextStyle: { color: tokens.muted, fontSize: 11 },
    ...more,
  }
}

export function EChart({ option, height, label, onPick, onReady }: Props) {
  const tokens = useTokens()
  const isHidden = useHidden()
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType | null>(null)
  const pick = useRef(onPick)
  pick.current = onPick

  // biome-ignore lint/correctness/useExhaustiveDependencies: create one chart per element
  useEffect(() => {
    if (!host.current) return
    const made = init(host.current)
    chart.current = made
    made.on("click", (event) => pick.current?.(event.dataIndex))
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(host.current)
    onReady?.(made)
    return () => {
      observer.disconnect()
      made.dispose()
    }
  }, [])

  useEffect(() => {
    const base = chartBase(tokens)
    const own = option(tokens)
    // Merge tooltips so that a custom formatter keeps the colours.
    const tooltip = { ...(base.tooltip as object), ...(own.tooltip as object | undefined) }
    // The description that the chart makes of its data has all the amounts: without it, the label alone.
    const aria = isHidden ? { enabled: false } : (own.aria ?? base.aria)
    chart.current?.setOption({ ...base, ...own, tooltip, aria }, { notMerge: true })
    if (isHidden) host.current?.setAttribute("aria-label", label)
  }, [option, tokens, isHidden, label])

  return <div ref={host} style={{ height, width: "100%" }} role="img" aria-label={label} />
}

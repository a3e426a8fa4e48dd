import { axis, EChart } from "@tradertape/ui/charts/echart.tsx"
import { MASK } from "@tradertape/ui/discreet.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import type { EChartsType } from "echarts/core"
import { useCallback, useRef } from "react"
import { ChartSection } from "@/components/page/chart-section"

export interface Bar {
  label: string
  value: number | null
  note?: string
  /** The value of a second, muted bar: the benchmark. */
  comparison?: number | null
}

interface Props {
  title: string
  note?: string
  file: string
  bars: Bar[]
  format: (value: number) => string
  /** "sign" colours by sign; "plain" uses the accent. */
  tone: "sign" | "plain"
  height?: number
  unit?: string
  comparisonLabel?: string
}

/** A bar chart over categories: years, bins, deciles. */
export function Bars({ title, note, file, bars, format, tone, height = 260, unit, comparisonLabel }: Props) {
  const chart = useRef<EChartsType | null>(null)
  const hasComparison = bars.some((bar) => bar.comparison !== undefined)
  const option = useCallback(
    (tokens: Tokens) => ({
      tooltip: {
        trigger: "axis",
        axisPointer: { type: "shadow", shadowStyle: { color: tokens.line, opacity: 0.35 } },
        formatter: (points: { dataIndex: number }[]) => {
          const bar = bars[points[0]?.dataIndex ?? -1]
          if (!bar) return ""
          const comparison =
            bar.comparison === undefined || bar.comparison === null
              ? ""
              : `<br>${comparisonLabel ?? ""} ${format(bar.comparison)}`
          return `${bar.note ?? bar.label}<br><b>${bar.value === null ? "–" : format(bar.value)}</b>${comparison}`
        },
      },
      xAxis: axis(tokens, {
        type: "category",
        data: bars.map(({ label }) => label),
        splitLine: { show: false },
      }),
      yAxis: axis(tokens, {
        name: unit,
        axisLine: { show: false },
        // The labels are plain numbers, unless these are amounts and hidden.
        ...(format(1) === MASK && {
          axisLabel: { color: tokens.muted, fontSize: 11, formatter: () => MASK },
        }),
        nameTextStyle: { align: "left", color: tokens.muted, fontSize: 11 },
      }),
      grid: {
        left: 8,
        right: 12,
        top: unit ? 28 : 12,
        bottom: 4,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      series: [
        {
          type: "bar",
          barMaxWidth: 34,
          barGap: "10%",
          data: bars.map(({ value }) => ({
            value,
            itemStyle: {
              color: tone === "plain" ? tokens.accent : (value ?? 0) >= 0 ? tokens.gain : tokens.loss,
              opacity: 0.85,
            },
          })),
        },
        ...(hasComparison
          ? [
              {
                type: "bar",
                barMaxWidth: 34,
                data: bars.map(({ comparison }) => comparison ?? null),
                itemStyle: { color: tokens.muted, opacity: 0.4 },
              },
            ]
          : []),
      ],
    }),
    [bars, tone, format, unit, hasComparison, comparisonLabel],
  )
  return (
    <ChartSection
      title={title}
      note={note}
      file={file}
      png={() => chart.current?.getDataURL({ pixelRatio: 2 })}
      rows={() =>
        bars.map(({ label, value, comparison }) => ({
          label,
          value,
          ...(hasComparison ? { benchmark: comparison ?? null } : {}),
        }))
      }
    >
      <EChart
        option={option}
        height={height}
        label={title}
        onReady={(ready) => {
          chart.current = ready
        }}
      />
    </ChartSection>
  )
}

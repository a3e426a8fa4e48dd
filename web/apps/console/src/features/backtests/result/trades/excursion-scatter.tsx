import type { Run, Trade } from "@tradertape/api/backtest.ts"
import { axis, EChart } from "@tradertape/ui/charts/echart.tsx"
import { percent, signedPercent } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import type { EChartsType } from "echarts/core"
import { useCallback, useRef } from "react"
import { ChartSection } from "@/components/page/chart-section"

interface Props {
  run: Run
  onOpen: (trade: Trade) => void
}

/** Maximum adverse and favourable excursion of each trade, to judge stops and targets. */
export function ExcursionScatter({ run, onOpen }: Props) {
  const chart = useRef<EChartsType | null>(null)
  const option = useCallback(
    (tokens: Tokens) => ({
      tooltip: {
        trigger: "item",
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const trade = run.trades[dataIndex]
          return trade
            ? `<b>${trade.symbol}</b> ${signedPercent(trade.return_pct, 2)}<br>worst ${percent(trade.mae_pct, 1)}, best ${percent(trade.mfe_pct, 1)}`
            : ""
        },
      },
      grid: {
        left: 8,
        right: 20,
        top: 28,
        bottom: 24,
        outerBoundsMode: "same",
        outerBoundsContain: "axisLabel",
      },
      xAxis: axis(tokens, { name: "Worst point while held (%)", nameLocation: "middle", nameGap: 26 }),
      yAxis: axis(tokens, {
        name: "Best point while held (%)",
        position: "left",
        axisLine: { onZero: false, lineStyle: { color: tokens["line-strong"] } },
        nameTextStyle: { align: "left", color: tokens.muted, fontSize: 11 },
      }),
      series: [
        {
          type: "scatter",
          symbolSize: 6,
          data: run.trades.map((trade) => ({
            value: [trade.mae_pct, trade.mfe_pct],
            itemStyle: { color: trade.net_pnl > 0 ? tokens.gain : tokens.loss, opacity: 0.55 },
          })),
        },
      ],
    }),
    [run],
  )
  return (
    <ChartSection
      title="Worst and best point of each trade (MAE, MFE)"
      note="Winners that first fell far suggest a wider stop; losers that first rose far suggest an earlier exit."
      file={`${run.run_id}-excursions`}
      png={() => chart.current?.getDataURL({ pixelRatio: 2 })}
      rows={() =>
        run.trades.map(({ symbol, entry_date, mae_pct, mfe_pct, return_pct }) => ({
          symbol,
          entry_date,
          mae_pct,
          mfe_pct,
          return_pct,
        }))
      }
    >
      <EChart
        option={option}
        height={320}
        label="Scatter of worst against best point of each trade"
        onPick={(index) => {
          const trade = run.trades[index]
          if (trade) onOpen(trade)
        }}
        onReady={(ready) => {
          chart.current = ready
        }}
      />
    </ChartSection>
  )
}

import { axis, EChart } from "@tradertape/ui/charts/echart.tsx"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { useCallback } from "react"
import { Section } from "@/components/page/section"
import type { TrialSignals } from "@/lib/queries/strategies"

/** The distribution of conviction over all signals of the universe. */
export function ConvictionHistogram({ bins }: { bins: TrialSignals["conviction_histogram"] }) {
  const option = useCallback(
    (tokens: Tokens) => ({
      tooltip: { trigger: "axis" },
      xAxis: axis(tokens, {
        type: "category",
        data: bins.map((bin) => `${bin.from}–${bin.to}`),
        splitLine: { show: false },
      }),
      yAxis: axis(tokens, { axisLine: { show: false }, minInterval: 1 }),
      series: [
        {
          type: "bar",
          name: "signals",
          data: bins.map((bin) => bin.signals),
          itemStyle: { color: tokens.accent, opacity: 0.85 },
          barMaxWidth: 40,
        },
      ],
    }),
    [bins],
  )
  return (
    <Section
      title="Conviction of all signals"
      note="All stocks of the universe in this period. A single tall bar means that the scores do not differentiate signals."
    >
      <EChart option={option} height={200} label="Histogram of conviction" />
    </Section>
  )
}

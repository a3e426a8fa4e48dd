import { useQuery } from "@tanstack/react-query"
import { EChart } from "@tradertape/ui/charts/echart.tsx"
import { translucent } from "@tradertape/ui/charts/time-chart.ts"
import { money, percent } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { useCallback, useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import type { FundHolding, Share } from "@/lib/queries/wealth"
import type { TabProps } from "./tab-props"

interface Part {
  group: string
  name: string
  value: number
}

/** The value of each share, by sector, and of each fund. */
export function Allocation({ queries }: TabProps) {
  const { data: holdings } = useQuery(queries.holdings)
  const { data: funds } = useQuery(queries.funds)
  const parts = useMemo(() => partsOf(holdings?.holdings ?? [], funds ?? []), [holdings, funds])
  const option = useCallback((tokens: Tokens) => treemap(parts, tokens), [parts])
  if (parts.length === 0) return null
  const label = groupsOf(parts)
    .map(({ name, share }) => `${name} ${percent(share)}`)
    .join("; ")
  return (
    <ChartSection title="Allocation" file="allocation" rows={() => parts.map((one) => ({ ...one }))}>
      <EChart option={option} height={320} label={`Allocation: ${label}`} />
    </ChartSection>
  )
}

export function partsOf(shares: readonly Share[], funds: readonly FundHolding[]): Part[] {
  return [
    ...shares.map((one) => ({
      group: one.sector || "Shares of unknown sector",
      name: one.symbol,
      value: Number(one.value),
    })),
    ...funds.map((one) => ({ group: "Mutual funds", name: one.scheme, value: Number(one.value) })),
  ].filter(({ value }) => value > 0)
}

export function groupsOf(parts: readonly Part[]) {
  const whole = parts.reduce((sum, { value }) => sum + value, 0)
  const sums = new Map<string, number>()
  for (const { group, value } of parts) sums.set(group, (sums.get(group) ?? 0) + value)
  return [...sums].map(([name, value]) => ({ name, value, share: (100 * value) / whole }))
}

function treemap(parts: readonly Part[], tokens: Tokens) {
  return {
    tooltip: {
      formatter: ({ name, value }: { name: string; value: number }) =>
        `${name.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}<br><b>${money(value, 0)}</b>`,
    },
    series: [
      {
        type: "treemap",
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        left: 0,
        right: 0,
        top: 0,
        bottom: 0,
        label: { color: tokens.text, fontSize: 12 },
        upperLabel: { show: true, height: 22, color: tokens.muted, fontSize: 12 },
        itemStyle: {
          borderColor: tokens.surface,
          borderWidth: 2,
          gapWidth: 2,
          color: translucent(tokens.accent, 0.22),
        },
        levels: [{ upperLabel: { show: false } }],
        data: groupsOf(parts).map(({ name, value, share }) => ({
          name: `${name} ${percent(share)}`,
          value,
          itemStyle: { borderColor: tokens.line, color: translucent(tokens.accent, 0.22) },
          children: parts
            .filter(({ group }) => group === name)
            .map((one) => ({ name: one.name, value: one.value })),
        })),
      },
    ],
  }
}

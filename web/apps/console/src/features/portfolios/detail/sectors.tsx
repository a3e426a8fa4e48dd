import { EChart } from "@tradertape/ui/charts/echart.tsx"
import { translucent } from "@tradertape/ui/charts/time-chart.ts"
import { count, money, percent } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { ChartPie } from "lucide-react"
import { useCallback } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Section } from "@/components/page/section"
import { EmptyState } from "@/components/states/empty-state"
import type { Dashboard } from "@/lib/queries/models"

type Sector = Dashboard["sector_allocation"][number]

/** What of the equity is in which sector, and in which stocks of it. */
export function Sectors({ page }: { page: Dashboard }) {
  const { sector_allocation: sectors, positions, portfolio } = page
  const option = useCallback(
    (tokens: Tokens) => treemapOption(sectors, positions, tokens),
    [sectors, positions],
  )
  if (sectors.length === 0)
    return (
      <Section title="Sectors">
        <EmptyState icon={<ChartPie size={28} />} title="Nothing is held">
          The sectors of open positions appear here, with what each is of the equity.
        </EmptyState>
      </Section>
    )
  return (
    <ChartSection
      title="Sectors"
      note={
        portfolio.max_per_sector
          ? `At most ${count(portfolio.max_per_sector, "position")} in each`
          : undefined
      }
      file={`portfolio-${portfolio.id}-sectors`}
      rows={() => sectors.map((row) => ({ ...row }))}
    >
      <EChart option={option} height={300} label={sectors.map(inWords).join("; ")} />
    </ChartSection>
  )
}

const inWords = ({ sector, pct, count: n }: Sector) =>
  `${sector} ${percent(pct)} of the equity in ${count(n, "position")}`

function treemapOption(sectors: readonly Sector[], positions: Dashboard["positions"], tokens: Tokens) {
  return {
    tooltip: {
      formatter: ({ name, value }: { name: string; value: number }) => `${name}<br><b>${money(value, 0)}</b>`,
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
        data: sectors.map(({ sector, value, pct }) => ({
          name: `${sector} ${percent(pct)}`,
          value,
          itemStyle: { borderColor: tokens.line, color: translucent(tokens.accent, 0.22) },
          children: positions
            .filter((one) => (one.sector || "Unknown") === sector)
            .map((one) => ({ name: one.symbol, value: one.market_value })),
        })),
      },
    ],
  }
}

import { Skeleton } from "@mantine/core"
import { useQueries } from "@tanstack/react-query"
import { CurvesChart } from "@tradertape/ui/charts/curves-chart.tsx"
import { Delta } from "@tradertape/ui/components/delta.tsx"
import { number, percent } from "@tradertape/ui/format.ts"
import { useTokens } from "@tradertape/ui/use-tokens.ts"
import { useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { Section } from "@/components/page/section"
import type { Column } from "@/components/table/column"
import { PlainTable } from "@/components/table/plain-table"
import { type Dashboard, dashboardQuery, type Portfolio } from "@/lib/queries/models"
import { growth } from "./selection"

const COLUMNS: Column<Dashboard>[] = [
  {
    id: "name",
    header: "Portfolio",
    isText: true,
    value: (row) => row.portfolio.name,
    cell: (row) => row.portfolio.name,
  },
  {
    id: "return",
    header: "Return",
    value: (row) => row.kpis.total_return_pct,
    cell: (row) => <Delta value={row.kpis.total_return_pct} decimals={2} />,
  },
  {
    id: "benchmark",
    header: "Benchmark",
    value: (row) => row.kpis.benchmark_return_pct,
    cell: (row) => <Delta value={row.kpis.benchmark_return_pct} decimals={2} />,
  },
  {
    id: "drawdown",
    header: "Max drawdown",
    value: (row) => row.kpis.max_drawdown_pct,
    cell: (row) => <Delta value={row.kpis.max_drawdown_pct} decimals={2} />,
  },
  {
    id: "wins",
    header: "Wins",
    value: (row) => row.kpis.win_rate_pct,
    cell: (row) => percent(row.kpis.win_rate_pct, 0),
  },
  {
    id: "factor",
    header: "Profit factor",
    value: (row) => row.kpis.profit_factor,
    cell: (row) => number(row.kpis.profit_factor, 2),
  },
  {
    id: "trades",
    header: "Closed trades",
    value: (row) => row.closed_trades.total,
    cell: (row) => number(row.closed_trades.total),
  },
]

/** Several portfolios as growth of 100 each from its own start, and their figures. */
export function Compare({ portfolios }: { portfolios: readonly Portfolio[] }) {
  const tokens = useTokens()
  const pages = useQueries({ queries: portfolios.map(({ id }) => dashboardQuery(id)) })
  const key = pages.map(({ dataUpdatedAt }) => dataUpdatedAt).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the pages, an array that is always new
  const found = useMemo(() => pages.flatMap(({ data }) => data ?? []), [key])
  const curves = useMemo(() => {
    const colours = [tokens.accent, tokens.warn, tokens.gain, tokens.loss, tokens.muted, tokens.text]
    return found.map((page, i) => ({
      label: page.portfolio.name,
      color: colours[i % colours.length] ?? tokens.accent,
      points: growth(page.equity_curve, page.portfolio.starting_capital),
    }))
  }, [found, tokens])
  if (found.length < portfolios.length) return <Skeleton height={380} />
  return (
    <>
      <ChartSection
        title="Growth of 100"
        note="Each from its first scanned day"
        file="portfolios"
        rows={() =>
          curves.flatMap(({ label, points }) => points.map((point) => ({ portfolio: label, ...point })))
        }
      >
        <CurvesChart
          curves={curves}
          height={320}
          format={(value) => number(value, 1)}
          label="Growth of the compared portfolios"
        />
      </ChartSection>
      <Section title="Figures of the compared portfolios" flush>
        <PlainTable
          label="Figures of the compared portfolios"
          rows={found}
          columns={COLUMNS}
          rowKey={(row) => String(row.portfolio.id)}
          minWidth={760}
        />
      </Section>
    </>
  )
}

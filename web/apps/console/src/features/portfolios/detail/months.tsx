import { SegmentedControl } from "@mantine/core"
import { useState } from "react"
import { HeatTable } from "@/components/charts/heat-table"
import { ChartSection } from "@/components/page/chart-section"
import type { Dashboard } from "@/lib/queries/models"
import { monthRows } from "./series"

const VIEWS = [
  { value: "own", label: "Return" },
  { value: "over", label: "Over benchmark" },
]

/** A heat map of monthly returns with one row per year. */
export function Months({ page }: { page: Dashboard }) {
  const [view, setView] = useState("own")
  return (
    <ChartSection
      title="Monthly returns (%)"
      file={`portfolio-${page.portfolio.id}-months`}
      rows={() => page.monthly_returns.map((row) => ({ ...row }))}
      extra={
        <SegmentedControl size="xs" data={VIEWS} value={view} onChange={setView} aria-label="Values shown" />
      }
    >
      <HeatTable rows={monthRows(page.monthly_returns, view === "over")} />
    </ChartSection>
  )
}

import { SegmentedControl } from "@mantine/core"
import type { Run } from "@tradertape/api/backtest.ts"
import { useState } from "react"
import { HeatTable } from "@/components/charts/heat-table"
import { ChartSection } from "@/components/page/chart-section"
import { type Against, heatRows } from "../../shared/heat"

const VIEWS = [
  { value: "own", label: "Return" },
  { value: "excess", label: "Over benchmark" },
]

/** A heat map of monthly returns with one row per year. */
export function MonthlyHeat({ run }: { run: Run }) {
  const [against, setAgainst] = useState<Against>("own")
  const rows = heatRows(run.monthly_returns, run.yearly_returns, against)
  return (
    <ChartSection
      title="Monthly returns (%)"
      file={`${run.run_id}-months`}
      rows={() => run.monthly_returns.map((row) => ({ ...row }))}
      extra={
        <SegmentedControl
          size="xs"
          data={VIEWS}
          value={against}
          onChange={(value) => setAgainst(value === "excess" ? "excess" : "own")}
          aria-label="Values shown"
        />
      }
    >
      <HeatTable rows={rows} />
    </ChartSection>
  )
}

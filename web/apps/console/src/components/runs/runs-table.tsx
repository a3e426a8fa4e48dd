import type { RunSummary } from "@tradertape/api/backtest.ts"
import { useMemo } from "react"
import { useNow } from "@/lib/use-now"
import { DataTable } from "../table/data-table"
import { runColumns, type Selection } from "./run-columns"

/** The run history: sortable by any figure, with checkboxes to select runs. */
export function RunsTable({ runs, selection }: { runs: RunSummary[]; selection: Selection }) {
  const now = useNow()
  const columns = useMemo(() => runColumns(now, selection), [now, selection])
  return (
    <DataTable
      label="Backtests"
      rows={runs}
      columns={columns}
      rowKey={(run) => run.run_id}
      maxHeight={720}
      minWidth={1_020}
    />
  )
}

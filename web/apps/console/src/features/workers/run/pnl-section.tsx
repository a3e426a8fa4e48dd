import { SegmentedControl, Skeleton, Text } from "@mantine/core"
import { useQuery } from "@tanstack/react-query"
import { type LinePoint, LiveLineChart } from "@tradertape/ui/charts/live-line-chart.tsx"
import { signedMoney } from "@tradertape/ui/format.ts"
import type { IChartApi } from "lightweight-charts"
import { useEffect, useMemo, useRef, useState } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { ErrorState } from "@/components/states/error-state"
import { pnlLineQuery, type RunLive, type RunPage } from "@/lib/queries/workers"
import { lineOf } from "./pnl-line"

const RANGES = [
  { value: "1", label: "1 h" },
  { value: "24", label: "1 d" },
  { value: "168", label: "1 w" },
  { value: "2160", label: "All" },
]

const rupees = (value: number) => signedMoney(value, 2)

/** The run's profit over time, updated live. */
export function PnlSection({ page, live }: { page: RunPage; live: RunLive }) {
  const id = page.card.strategy_run_id
  const [hours, setHours] = useState("24")
  const { data, error, refetch } = useQuery(pnlLineQuery(id, Number(hours)))
  const chart = useRef<IChartApi | null>(null)
  const net = live.pulse.pnl.net
  const [last, setLast] = useState<LinePoint | undefined>(undefined)
  useEffect(() => {
    if (live.pulse.status !== "closed") setLast({ at: new Date().toISOString(), value: net })
  }, [net, live])
  const closedAt = page.card.closed_at
  const end = useMemo(() => (closedAt ? { at: closedAt, value: net } : undefined), [closedAt, net])
  const points = useMemo(() => lineOf(data ?? [], end), [data, end])
  return (
    <ChartSection
      title="Profit over time"
      note={`Net of charges, up to ${closedAt ? "the close of the run" : "now"}.`}
      file={`pnl-${id}`}
      png={() => chart.current?.takeScreenshot().toDataURL()}
      rows={() => data ?? []}
      extra={<SegmentedControl data={RANGES} value={hours} onChange={setHours} aria-label="Range" />}
    >
      {error && !data ? (
        <ErrorState error={error} what="The profit line" retry={refetch} />
      ) : !data ? (
        <Skeleton height={290} />
      ) : points.length === 0 && (net === 0 || !last) ? (
        <Text size="sm" c="dimmed" py="lg" ta="center">
          {page.card.execution_mode === "dry_run"
            ? "A dry run has no fills, so it has no profit."
            : live.pulse.status === "closed"
              ? "No data points in this period."
              : "The line starts with the first fill."}
        </Text>
      ) : (
        <LiveLineChart
          points={points}
          last={last}
          height={290}
          label="Net profit over time"
          format={rupees}
          onReady={(made) => {
            chart.current = made
          }}
        />
      )}
    </ChartSection>
  )
}

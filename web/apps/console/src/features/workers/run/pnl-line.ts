import type { LinePoint } from "@tradertape/ui/charts/live-line-chart.tsx"
import type { PnlAt } from "@/lib/queries/workers"

/** The points of a line, up to what its run closed with: the last one kept is older than the exit and its charges. */
export function lineOf(kept: readonly PnlAt[], end: LinePoint | undefined): LinePoint[] {
  const points = kept.map(({ at, net }) => ({ at, value: net }))
  return end && points.length > 0 ? [...points, end] : points
}

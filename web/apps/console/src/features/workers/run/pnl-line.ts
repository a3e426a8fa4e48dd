import type { LinePoint } from "@tradertape/ui/charts/live-line-chart.tsx"
import type { PnlAt } from "@/lib/queries/workers"

/** The points of the profit line, ending with the closing profit: the last stored point predates the exit and its charges. */
export function lineOf(kept: readonly PnlAt[], end: LinePoint | undefined): LinePoint[] {
  const points = kept.map(({ at, net }) => ({ at, value: net }))
  return end && points.length > 0 ? [...points, end] : points
}

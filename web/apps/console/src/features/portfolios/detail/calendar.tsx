import { EChart } from "@tradertape/ui/charts/echart.tsx"
import { date, signedMoney } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { useCallback, useMemo } from "react"
import { ChartSection } from "@/components/page/chart-section"
import { ScrollRegion } from "@/components/page/scroll-region"
import type { Dashboard } from "@/lib/queries/models"
import { dailyPnl, lastYear } from "./series"

/** Profit and loss of each day of the last year, on a calendar. */
export function Calendar({ page }: { page: Dashboard }) {
  const { equity_curve, portfolio } = page
  const days = useMemo(
    () => lastYear(dailyPnl(equity_curve, portfolio.starting_capital)),
    [equity_curve, portfolio.starting_capital],
  )
  const option = useCallback((tokens: Tokens) => calendarOption(days, tokens), [days])
  return (
    <ChartSection
      title="Profit and loss by day"
      note="The last twelve months, in rupees"
      file={`portfolio-${portfolio.id}-days`}
      rows={() => days}
    >
      <ScrollRegion label="Profit and loss by day, calendar" style={{ overflowX: "auto" }}>
        <div style={{ minWidth: 820 }}>
          <EChart option={option} height={158} label="Profit and loss of each day on a calendar" />
        </div>
      </ScrollRegion>
    </ChartSection>
  )
}

function calendarOption(days: readonly { date: string; pnl: number }[], tokens: Tokens) {
  const most = Math.max(1, ...days.map(({ pnl }) => Math.abs(pnl)))
  return {
    tooltip: {
      formatter: ({ value: [day, pnl] }: { value: [string, number] }) =>
        `${date(day)}<br><b>${signedMoney(pnl)}</b>`,
    },
    visualMap: {
      show: false,
      min: -most,
      max: most,
      inRange: { color: [tokens.loss, tokens.sunken, tokens.gain] },
    },
    calendar: {
      range: [days[0]?.date, days.at(-1)?.date],
      top: 24,
      left: 36,
      right: 8,
      cellSize: ["auto", 16],
      splitLine: { lineStyle: { color: tokens["line-strong"], width: 1 } },
      itemStyle: { color: "transparent", borderColor: tokens.line, borderWidth: 1 },
      dayLabel: {
        firstDay: 1,
        color: tokens.muted,
        fontSize: 11,
        nameMap: ["Sun", "Mon", "", "Wed", "", "Fri", ""],
      },
      monthLabel: { color: tokens.muted, fontSize: 11 },
      yearLabel: { show: false },
    },
    series: [{ type: "heatmap", coordinateSystem: "calendar", data: days.map((day) => [day.date, day.pnl]) }],
  }
}

import { EChart } from "@tradertape/ui/charts/echart.tsx"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"
import { useCallback, useMemo } from "react"
import { calendarOption } from "@/components/charts/calendar-option"
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
  const option = useCallback(
    (tokens: Tokens) =>
      calendarOption(
        days.map(({ date: day, pnl }) => [day, pnl]),
        [days[0]?.date, days.at(-1)?.date],
        tokens,
      ),
    [days],
  )
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

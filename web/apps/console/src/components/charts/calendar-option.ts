import { date, signedMoney } from "@tradertape/ui/format.ts"
import type { Tokens } from "@tradertape/ui/use-tokens.ts"

/** Each day's profit and loss on a calendar. days: with rupees; range: a year, or the first and the last day. */
export function calendarOption(
  days: readonly [day: string, rupees: number][],
  range: string | (string | undefined)[],
  tokens: Tokens,
) {
  const most = Math.max(1, ...days.map(([, rupees]) => Math.abs(rupees)))
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
      range,
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
    series: [{ type: "heatmap", coordinateSystem: "calendar", data: days }],
  }
}

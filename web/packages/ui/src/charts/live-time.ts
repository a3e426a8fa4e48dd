import type { ChartOptions, DeepPartial, UTCTimestamp } from "lightweight-charts"
import type { Tokens } from "../use-tokens.ts"
import { timeChartOptions } from "./time-chart.ts"

const IST_S = 5.5 * 3_600

/** Convert an instant to chart time. The chart library has no time zones, so it is shifted to Indian time. */
export function chartTime(at: string | number): UTCTimestamp {
  const ms = typeof at === "number" ? at : Date.parse(at)
  return (Math.floor(ms / 1_000) + IST_S) as UTCTimestamp
}

/** Options of intraday charts: like other time charts, with the time of day on the axis. */
export function liveChartOptions(tokens: Tokens, withSeconds: boolean): DeepPartial<ChartOptions> {
  const base = timeChartOptions(tokens)
  return {
    ...base,
    timeScale: { ...base.timeScale, timeVisible: true, secondsVisible: withSeconds, rightOffset: 4 },
  }
}

import type { ChartOptions, DeepPartial, UTCTimestamp } from "lightweight-charts"
import type { Tokens } from "../use-tokens.ts"
import { timeChartOptions } from "./time-chart.ts"

const IST_S = 5.5 * 3_600

/** A moment as charts within a day place it. They know no time zones: what they read out is Indian time. */
export function chartTime(at: string | number): UTCTimestamp {
  const ms = typeof at === "number" ? at : Date.parse(at)
  return (Math.floor(ms / 1_000) + IST_S) as UTCTimestamp
}

/** Charts over minutes and seconds: the same look, with the time of day on the axis. */
export function liveChartOptions(tokens: Tokens, withSeconds: boolean): DeepPartial<ChartOptions> {
  const base = timeChartOptions(tokens)
  return {
    ...base,
    timeScale: { ...base.timeScale, timeVisible: true, secondsVisible: withSeconds, rightOffset: 4 },
  }
}

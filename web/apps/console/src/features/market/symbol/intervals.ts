export interface Interval {
  id: string
  label: string
  minutes: number
  /** Calendar days of history to load. */
  days: number
}

/** Kite's intervals. Finer intervals load less history: a chart shows a few hundred candles. */
export const INTERVALS: Interval[] = [
  { id: "minute", label: "1m", minutes: 1, days: 4 },
  { id: "3minute", label: "3m", minutes: 3, days: 7 },
  { id: "5minute", label: "5m", minutes: 5, days: 10 },
  { id: "10minute", label: "10m", minutes: 10, days: 21 },
  { id: "15minute", label: "15m", minutes: 15, days: 30 },
  { id: "30minute", label: "30m", minutes: 30, days: 60 },
  { id: "60minute", label: "1h", minutes: 60, days: 90 },
  { id: "day", label: "1D", minutes: 1_440, days: 1_100 },
]

export const FIRST: Interval = INTERVALS[2] as Interval

export function intervalOf(id: string | undefined): Interval {
  return INTERVALS.find((one) => one.id === id) ?? FIRST
}

/** The first day of history to load: "2026-11-12". */
export function historyFrom(interval: Interval, now: Date): string {
  return new Date(now.getTime() - interval.days * 86_400_000).toISOString().slice(0, 10)
}

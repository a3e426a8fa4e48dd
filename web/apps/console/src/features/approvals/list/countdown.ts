const MINUTE_MS = 60_000
const SOON_MS = 3 * 60 * MINUTE_MS

/** How long a signal can still be decided on, in words; isLate: hardly any time is left. */
export function countdown(expires: string, now: Date): { text: string; isLate: boolean } {
  const left = new Date(expires).getTime() - now.getTime()
  if (left <= 0) return { text: "expired", isLate: true }
  return { text: `${spanText(left)} left`, isLate: left < SOON_MS }
}

function spanText(span_ms: number): string {
  const minutes = Math.floor(span_ms / MINUTE_MS)
  if (minutes < 1) return "less than a minute"
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

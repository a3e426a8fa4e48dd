const DAY_MS = 86_400_000

/** A date some days later, or earlier: "2026-03-01" and -1 is "2026-02-28". */
export function shifted(date: string, days: number): string {
  return new Date(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

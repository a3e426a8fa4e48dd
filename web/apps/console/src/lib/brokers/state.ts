import type { BrokerRow } from "@/lib/queries/brokers"

export type ConnectionState = "not_configured" | "configured" | "connected" | "ending" | "expired" | "error"

type Facts = Pick<BrokerRow, "credentials" | "session" | "environment" | "environments">

/** How long before its end a session is announced as ending: from 05:55 for one that ends at 06:00. */
const ENDING_MS = 5 * 60_000

/** The milliseconds until a session ends; null where that is not known. */
export function remainingMs({ session }: Pick<BrokerRow, "session">, now: Date): number | null {
  if (!session.expires_at) return null
  const end = Date.parse(session.expires_at)
  return Number.isNaN(end) ? null : end - now.getTime()
}

/** The state of a person's connection to a broker. A session past its end has expired, whatever was said before. */
export function connectionState(facts: Facts, now: Date): ConnectionState {
  const { credentials, session } = facts
  if (!credentials.is_set) return "not_configured"
  const left = remainingMs(facts, now)
  if (session.connected) {
    if (left !== null && left <= 0) return "expired"
    return left !== null && left <= ENDING_MS ? "ending" : "connected"
  }
  if (session.end === "expired") return "expired"
  // The server no longer reaches brokers, or the sandbox, of this kind.
  return facts.environments.includes(facts.environment) ? "configured" : "error"
}

/** "4 min 30 s": a countdown; whole minutes above ten. */
export function countdown(left_ms: number): string {
  const seconds = Math.max(0, Math.ceil(left_ms / 1_000))
  const [h, min] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)]
  if (h > 0) return `${h} h ${min} min`
  if (min >= 10) return `${min} min`
  return min > 0 ? `${min} min ${seconds % 60} s` : `${seconds} s`
}

/** Brokers that need a login now: first the ones that expired, then the ones about to. */
export function needingLogin(rows: readonly BrokerRow[], now: Date): BrokerRow[] {
  const of = (state: ConnectionState) => rows.filter((row) => connectionState(row, now) === state)
  return [...of("expired"), ...of("ending")]
}

/** Whether every account that is set up is one of the sandbox: then no live order is real. */
export function isOnlySandbox(rows: readonly BrokerRow[]): boolean {
  const mine = rows.filter(({ credentials }) => credentials.is_set)
  return mine.length > 0 && mine.every(({ environment }) => environment === "sandbox")
}

import type { FeedStatus } from "@/lib/live"
import { setTitle } from "@/lib/set-title"

export interface FeedWords {
  tone: "good" | "warn" | "plain"
  text: string
  hint: string
}

const STALE_S = 30

function aged(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`
}

/** Return the text of the feed chip. silent_s: seconds since the last message; null before the first. */
export function feedWords(status: FeedStatus, silent_s: number | null): FeedWords {
  const old = silent_s === null ? "" : `, ${aged(silent_s)} old`
  if (status.link === "lost")
    return {
      tone: "warn",
      text: `Reconnecting${old}`,
      hint: "The connection to the server was lost. Prices shown are not current; reconnecting automatically.",
    }
  if (status.link === "refused")
    return { tone: "warn", text: "Not connected", hint: "The server refused the connection. Sign in again." }
  if (status.link !== "open" || status.source === "")
    return { tone: "plain", text: "Connecting", hint: "Connecting to live prices." }
  if (status.source === "off" || status.source === "none")
    return {
      tone: "plain",
      text: "No live prices",
      hint: "TRADERTAPE_FEED is off: pages show stored prices.",
    }
  const label = status.label || setTitle(status.source)
  const name = status.simulated ? "Simulated market" : label.charAt(0).toUpperCase() + label.slice(1)
  if (!status.connected || status.stale || (silent_s ?? 0) > STALE_S)
    return { tone: "warn", text: `${name}: prices stale${old}`, hint: status.reason || "No ticks received." }
  const what = status.simulated
    ? "Prices come from the simulated market that ships with TraderTape, not from an exchange."
    : `Prices come from ${name}.`
  return { tone: "good", text: name, hint: `${what} Connected: ticks arrive in real time.` }
}

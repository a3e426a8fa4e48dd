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

/** What the feed's chip says. silent_s: since anything was heard; null before that. */
export function feedWords(status: FeedStatus, silent_s: number | null): FeedWords {
  const old = silent_s === null ? "" : `, ${aged(silent_s)} old`
  if (status.link === "lost")
    return {
      tone: "warn",
      text: `Reconnecting${old}`,
      hint: "The connection to the server broke. What you see is not current; it comes back by itself.",
    }
  if (status.link === "refused")
    return { tone: "warn", text: "Not connected", hint: "The server refused the connection. Sign in again." }
  if (status.link !== "open" || status.source === "")
    return { tone: "plain", text: "Connecting", hint: "Asking the server for live prices." }
  if (status.source === "off" || status.source === "none")
    return {
      tone: "plain",
      text: "No live prices",
      hint: "TRADERTAPE_FEED is off: pages show what is stored.",
    }
  const name = status.simulated ? "Simulated market" : setTitle(status.source)
  if (!status.connected || status.stale || (silent_s ?? 0) > STALE_S)
    return { tone: "warn", text: `${name}: prices stale${old}`, hint: status.reason || "No tick was heard." }
  const what = status.simulated
    ? "Prices are made by the simulated market that ships with TraderTape, not by an exchange."
    : `Prices come from ${name}.`
  return { tone: "good", text: name, hint: `${what} Connected, ticks arrive as they happen.` }
}

import type { FeedStatus } from "@/lib/live"
import { setTitle } from "@/lib/set-title"

export interface FeedWords {
  tone: "good" | "warn" | "plain"
  text: string
  /** The same for a phone, in two lines of some twenty characters. */
  short: string
  hint: string
}

const STALE_S = 30

function aged(seconds: number): string {
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`
}

const words = (tone: FeedWords["tone"], text: string, hint: string, short = text): FeedWords => ({
  tone,
  text,
  short,
  hint,
})

/** Return the text of the feed chip. silent_s: seconds since the last message; null before the first. */
export function feedWords(status: FeedStatus, silent_s: number | null): FeedWords {
  const old = silent_s === null ? "" : `, ${aged(silent_s)} old`
  if (status.link === "lost")
    return words(
      "warn",
      `Reconnecting${old}`,
      "The connection to the server was lost. Prices shown are not current; reconnecting automatically.",
    )
  if (status.link === "refused")
    return words("warn", "Not connected", "The server refused the connection. Sign in again.")
  if (status.link !== "open" || status.source === "")
    return words("plain", "Connecting", "Connecting to live prices.")
  if (status.source === "off" || status.source === "none")
    return words("plain", "No live prices", "TRADERTAPE_FEED is off: pages show stored prices.")
  return feedOf(status, silent_s)
}

/** The words of a market: its name, who gives its prices, and whether they are current. */
function feedOf(status: FeedStatus, silent_s: number | null): FeedWords {
  const { name, short, market } = named(status)
  const isSilent = (silent_s ?? 0) > STALE_S
  if (!status.connected && !status.stale && !isSilent)
    return words(
      "plain",
      `${name}: connecting`,
      status.reason || "Waiting for the first prices.",
      `${market}: connecting`,
    )
  if (!status.connected || status.stale || isSilent) {
    const old = isSilent && silent_s !== null ? `, ${aged(silent_s)} old` : ""
    const state = status.last_tick_at || isSilent ? `prices stale${old}` : "no prices"
    return words("warn", `${name}: ${state}`, status.reason || "No ticks received.", `${market}: ${state}`)
  }
  const what = status.simulated
    ? "Prices come from the simulated market that ships with TraderTape, not from an exchange."
    : `Prices come from ${name}.`
  return words("good", name, `${what} Connected: ticks arrive in real time.`, short)
}

/** A market's name in full, for a phone, and alone. */
function named(status: FeedStatus): { name: string; short: string; market: string } {
  if (status.simulated) {
    const name = "Simulated market"
    return { name, short: name, market: name }
  }
  const label = status.label || setTitle(status.source)
  const name = label.charAt(0).toUpperCase() + label.slice(1)
  const [title = "", through = ""] = name.split(" through ")
  const market = title.split(",")[0] ?? title
  // Of a sandbox a phone says that it is none of the exchange, not whose wire it speaks.
  if (through === "" || market !== title) return { name, short: title, market }
  const brokers = through.split(/, | and /)
  return { name, short: brokers.length > 1 ? `${market} through ${brokers.length} brokers` : name, market }
}

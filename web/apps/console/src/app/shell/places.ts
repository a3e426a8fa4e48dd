import { BookOpen, Braces, FlaskConical, House, ScrollText, Settings, Waypoints } from "lucide-react"

/** First-level places, in the order of the rail; the phone's bar shows the first four. */
export const PLACES = [
  { to: "/", label: "Home", icon: House },
  { to: "/strategies", label: "Strategies", icon: Waypoints },
  { to: "/backtests", label: "Backtests", icon: FlaskConical },
  { to: "/settings", label: "Settings", icon: Settings },
] as const

export const READING = [
  { href: "/docs/", label: "Docs", icon: BookOpen },
  { href: "/api/docs", label: "API", icon: Braces },
] as const

export const CHANGELOG = { to: "/changelog", label: "Changelog", icon: ScrollText } as const

import {
  AlarmClockCheck,
  ArrowLeftRight,
  BookOpen,
  Bot,
  Braces,
  ChartCandlestick,
  FlaskConical,
  House,
  Layers,
  ScrollText,
  Settings,
  Wallet,
  Waypoints,
} from "lucide-react"

/** The main pages, in the order of the navigation rail. */
export const PLACES = [
  { to: "/", label: "Home", icon: House },
  { to: "/strategies", label: "Strategies", icon: Waypoints },
  { to: "/backtests", label: "Backtests", icon: FlaskConical },
  { to: "/workers", label: "Workers", icon: Bot },
  { to: "/market", label: "Market", icon: ChartCandlestick },
  { to: "/options", label: "Options", icon: Layers },
  { to: "/trading", label: "Trading", icon: ArrowLeftRight },
  { to: "/gtts", label: "GTTs", icon: AlarmClockCheck },
  { to: "/wealth", label: "Wealth", icon: Wallet },
  { to: "/settings", label: "Settings", icon: Settings },
] as const

/** What the phone's bar shows; the rest is in its More menu. */
export const BAR_PLACES = PLACES.slice(0, 4)
export const MORE_PLACES = PLACES.slice(4)

export const READING = [
  { href: "/docs/", label: "Docs", icon: BookOpen },
  { href: "/api/docs", label: "API", icon: Braces },
] as const

export const CHANGELOG = { to: "/changelog", label: "Changelog", icon: ScrollText } as const

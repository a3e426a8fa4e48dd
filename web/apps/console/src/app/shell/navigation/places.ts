import {
  Activity,
  AlarmClockCheck,
  ArrowLeftRight,
  BookOpen,
  Bot,
  Braces,
  Briefcase,
  BriefcaseBusiness,
  ChartCandlestick,
  CircleCheckBig,
  FileUp,
  FlaskConical,
  House,
  Layers,
  NotebookPen,
  ReceiptText,
  ScanSearch,
  ScrollText,
  Settings,
  ShieldCheck,
  Users,
  Wallet,
  Waypoints,
} from "lucide-react"

/** The main pages, in the order of the navigation rail. */
export const PLACES = [
  { to: "/", label: "Home", icon: House },
  { to: "/approvals", label: "Approvals", icon: CircleCheckBig },
  { to: "/portfolios", label: "Portfolios", icon: BriefcaseBusiness },
  { to: "/positions", label: "Positions", icon: Briefcase },
  { to: "/scanner", label: "Scanner", icon: ScanSearch },
  { to: "/strategies", label: "Strategies", icon: Waypoints },
  { to: "/backtests", label: "Backtests", icon: FlaskConical },
  { to: "/workers", label: "Workers", icon: Bot },
  { to: "/market", label: "Market", icon: ChartCandlestick },
  { to: "/options", label: "Options", icon: Layers },
  { to: "/trading", label: "Trading", icon: ArrowLeftRight },
  { to: "/gtts", label: "GTTs", icon: AlarmClockCheck },
  { to: "/risk", label: "Risk", icon: ShieldCheck },
  { to: "/wealth", label: "Wealth", icon: Wallet },
  { to: "/net-worth", label: "Net worth", icon: ReceiptText },
  { to: "/journal", label: "Journal", icon: NotebookPen },
  { to: "/family", label: "Family", icon: Users },
  { to: "/settings", label: "Settings", icon: Settings },
] as const

/** What the phone's bar shows; the rest is in its More menu. */
const ON_BAR = ["/", "/approvals", "/portfolios", "/strategies"]
export const BAR_PLACES = PLACES.filter(({ to }) => ON_BAR.includes(to))
export const MORE_PLACES = PLACES.filter(({ to }) => !ON_BAR.includes(to))

export const READING = [
  { href: "/docs/", label: "Docs", icon: BookOpen },
  { href: "/api/docs", label: "API", icon: Braces },
] as const

export const CHANGELOG = { to: "/changelog", label: "Changelog", icon: ScrollText } as const

export const UPLOADS = { to: "/uploads", label: "Uploads", icon: FileUp } as const

export const JOBS = { to: "/jobs", label: "Jobs and health", icon: Activity } as const

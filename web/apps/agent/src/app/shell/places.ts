import {
  ArrowLeftRight,
  BellRing,
  ChartPie,
  FileUp,
  Gauge,
  type LucideIcon,
  PiggyBank,
  PlugZap,
  ScrollText,
  Settings,
  VenetianMask,
} from "lucide-react"

interface Place {
  to:
    | "/"
    | "/signals"
    | "/holdings"
    | "/funds"
    | "/brokers"
    | "/reconciliation"
    | "/uploads"
    | "/privacy"
    | "/logs"
    | "/settings"
  label: string
  icon: LucideIcon
}

/** In the bar at the bottom of a phone. */
export const BAR: Place[] = [
  { to: "/", label: "Dashboard", icon: Gauge },
  { to: "/signals", label: "Signals", icon: BellRing },
  { to: "/holdings", label: "Holdings", icon: ChartPie },
  { to: "/brokers", label: "Brokers", icon: PlugZap },
]

/** Behind its "More", and below the others in the rail. */
export const MORE: Place[] = [
  { to: "/funds", label: "Mutual funds", icon: PiggyBank },
  { to: "/reconciliation", label: "Reconciliation", icon: ArrowLeftRight },
  { to: "/uploads", label: "Uploads", icon: FileUp },
  { to: "/privacy", label: "Privacy", icon: VenetianMask },
  { to: "/logs", label: "Logs", icon: ScrollText },
  { to: "/settings", label: "Settings", icon: Settings },
]

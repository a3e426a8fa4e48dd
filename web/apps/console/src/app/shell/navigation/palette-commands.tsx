import type { SpotlightActionData } from "@mantine/spotlight"
import { useNavigate } from "@tanstack/react-router"
import {
  Activity,
  AlarmClockPlus,
  ArrowLeftRight,
  Equal,
  EyeOff,
  FileUp,
  GitCompareArrows,
  Keyboard,
  KeyRound,
  ListOrdered,
  OctagonX,
  Play,
  PlugZap,
  ReceiptText,
  ShieldCheck,
  Waypoints,
} from "lucide-react"
import { useMemo } from "react"
import { openKillSwitchDialog } from "@/components/kill-switch/dialog-state"
import { toggleDiscreet, usePreferences } from "@/lib/preferences"
import { openShortcuts } from "./palette"

/** What can be done from anywhere, with the other words that people look for it by. */
export function useCommands(): SpotlightActionData[] {
  const navigate = useNavigate()
  const { discreet } = usePreferences()
  return useMemo(
    () => [
      {
        id: "new-run",
        label: "Run a backtest",
        keywords: ["new test simulate"],
        leftSection: <Play size={16} />,
        onClick: () => navigate({ to: "/backtests/new" }),
      },
      {
        id: "new-strategy",
        label: "New strategy",
        description: "Fork a template, or start from one of yours",
        keywords: ["create make"],
        leftSection: <Waypoints size={16} />,
        onClick: () => navigate({ to: "/strategies", search: { tab: "templates" } }),
      },
      {
        id: "new-order",
        label: "Buy or sell",
        description: "Open an order ticket",
        keywords: ["new order place trade ticket"],
        leftSection: <ArrowLeftRight size={16} />,
        onClick: () => navigate({ to: "/trading", search: { isNew: true } }),
      },
      {
        id: "new-gtt",
        label: "New GTT",
        description: "Place an order when a price is reached",
        keywords: ["create make trigger order buy sell"],
        leftSection: <AlarmClockPlus size={16} />,
        onClick: () => navigate({ to: "/gtts", search: { isNew: true } }),
      },
      {
        id: "new-token",
        label: "Create a worker token",
        keywords: ["new make key api"],
        leftSection: <KeyRound size={16} />,
        onClick: () => navigate({ to: "/workers", search: { tab: "tokens", isNew: true } }),
      },
      {
        id: "brokers",
        label: "Connect a broker",
        keywords: ["log in login kite zerodha upstox groww sandbox credentials session"],
        leftSection: <PlugZap size={16} />,
        onClick: () => navigate({ to: "/settings", search: { tab: "brokers" } }),
      },
      {
        id: "order-book",
        label: "Order book",
        description: "Today's orders at your brokers",
        keywords: ["orders external ours wealth"],
        leftSection: <ListOrdered size={16} />,
        onClick: () => navigate({ to: "/wealth", search: { tab: "orders" } }),
      },
      {
        id: "reconciliation",
        label: "Reconciliation",
        description: "Our books beside your brokers'",
        keywords: ["drift difference holdings compare wealth"],
        leftSection: <Equal size={16} />,
        onClick: () => navigate({ to: "/wealth/reconciliation" }),
      },
      {
        id: "tax-report",
        label: "Tax report",
        description: "Capital gains of a financial year, by your uploaded files",
        keywords: ["net worth xirr realised dividends capital gains itr stcg ltcg export"],
        leftSection: <ReceiptText size={16} />,
        onClick: () => navigate({ to: "/net-worth", search: { tab: "tax" } }),
      },
      {
        id: "uploads",
        label: "Uploads",
        description: "Import tradebooks, ledgers and account statements",
        keywords: ["import tradebook csv xlsx cas pdf statement zerodha upstox groww mutual funds"],
        leftSection: <FileUp size={16} />,
        onClick: () => navigate({ to: "/uploads" }),
      },
      {
        id: "jobs",
        label: "Jobs and health",
        description: "What the server does by itself, and whether its parts work",
        keywords: ["scheduler scan cron health status operations failures"],
        leftSection: <Activity size={16} />,
        onClick: () => navigate({ to: "/jobs" }),
      },
      {
        id: "compare",
        label: "Compare backtests",
        keywords: ["runs results"],
        leftSection: <GitCompareArrows size={16} />,
        onClick: () => navigate({ to: "/backtests" }),
      },
      {
        id: "security",
        label: "Password and two-factor authentication",
        keywords: ["2fa security recovery codes authenticator change sessions"],
        leftSection: <ShieldCheck size={16} />,
        onClick: () => navigate({ to: "/settings", search: { tab: "security" } }),
      },
      {
        id: "discreet",
        label: discreet ? "Show amounts" : "Hide amounts",
        keywords: ["privacy money discreet mask blur"],
        leftSection: <EyeOff size={16} />,
        onClick: toggleDiscreet,
      },
      {
        id: "kill-switch",
        label: "Kill switch",
        description: "Stop all trading, or resume it",
        keywords: ["halt exit"],
        leftSection: <OctagonX size={16} />,
        onClick: openKillSwitchDialog,
      },
      {
        id: "shortcuts",
        label: "Keyboard shortcuts",
        keywords: ["keys hotkeys help ?"],
        leftSection: <Keyboard size={16} />,
        onClick: openShortcuts,
      },
    ],
    [navigate, discreet],
  )
}

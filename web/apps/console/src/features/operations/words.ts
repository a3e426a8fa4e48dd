import { words } from "@tradertape/ui/format.ts"

const CHECKS: Record<string, string> = {
  database: "Database",
  disk: "Disk",
  mail: "E-mail",
  market_data: "Market data",
  calendar: "Exchange calendar",
  feed: "Live prices",
  instruments: "Instruments",
  protection: "Protection",
  execution: "Execution",
  broker_positions: "Positions at brokers",
  broker_cancels: "Cancellations at brokers",
  scans: "Scans",
  trader: "Trading process",
  redis: "Redis",
}

/** A check of the server, in words. */
export const checkText = (name: string): string => CHECKS[name] ?? words(name)

export const STATUS: Record<string, { label: string; color: string }> = {
  ok: { label: "Works", color: "green" },
  stale: { label: "Needs attention", color: "yellow" },
  down: { label: "Down", color: "red" },
}

import type { BrokerRow, Environment } from "@/lib/queries/brokers"
import type { Answer, AtBroker, Holding, Margin, Position } from "@/lib/queries/portfolio"

/** The part of an answer that is of real accounts, or of the sandbox. */
export function ofEnvironment<T extends AtBroker>(
  answer: Answer<T>,
  environment: Environment,
  brokers: readonly Pick<BrokerRow, "name" | "environment">[],
): Answer<T> {
  const rows = answer.rows.filter((row) => row.environment === environment)
  const names = brokers.filter((row) => row.environment === environment).map(({ name }) => name)
  return {
    rows,
    age_s: rows.length > 0 ? Math.max(...rows.map(({ age_s }) => age_s)) : answer.age_s,
    failed: answer.failed.filter((account) => names.some((name) => account.startsWith(`${name}:`))),
  }
}

/** Rupees as whole paise, so that sums are exact. */
const paise = (rupees: number) => Math.round(rupees * 100)
const sum = <T>(rows: readonly T[], of: (row: T) => number) =>
  rows.reduce((total, row) => total + paise(of(row)), 0) / 100

const share = (part: number, whole: number) => (whole === 0 ? null : (part / whole) * 100)

export interface HoldingTotals {
  invested: number
  value: number
  pnl: number
  pnlPct: number | null
  dayChange: number
  dayChangePct: number | null
}

/** Totals of holdings, as their rows show them. */
export function holdingTotals(rows: readonly Holding[]): HoldingTotals {
  const invested = sum(rows, (row) => row.invested)
  const value = sum(rows, (row) => row.value)
  const pnl = sum(rows, (row) => row.pnl)
  const dayChange = sum(rows, (row) => row.day_change)
  return {
    invested,
    value,
    pnl,
    pnlPct: share(pnl, invested),
    dayChange,
    dayChangePct: share(dayChange, value - dayChange),
  }
}

export const positionsPnl = (rows: readonly Position[]) => sum(rows, (row) => row.pnl)

export function marginTotals(rows: readonly Margin[]) {
  return {
    available: sum(rows, (row) => row.available_margin),
    cash: sum(rows, (row) => row.available_cash),
    used: sum(rows, (row) => row.used_margin),
    collateral: sum(rows, (row) => row.collateral),
  }
}

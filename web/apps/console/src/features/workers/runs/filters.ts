import type { Market, RunCard, RunPulse } from "@/lib/queries/workers"
import { marketOf } from "../words"

export interface RunFilter {
  status?: string | undefined
  mode?: Market | undefined
  token?: number | undefined
}

/** Whether a run matches the filters. The status `attention` matches runs that need attention. */
export function matches(run: RunCard, { status, mode, token }: RunFilter): boolean {
  const hasStatus = !status || (status === "attention" ? run.attention.length > 0 : run.status === status)
  return hasStatus && (!mode || marketOf(run) === mode) && (!token || run.token_id === token)
}

/** Cards updated with the pulses of the socket. A run without a pulse keeps the data of its card. */
export function withPulses(cards: readonly RunCard[], pulses: readonly RunPulse[] | undefined): RunCard[] {
  const byId = new Map(pulses?.map((pulse) => [pulse.strategy_run_id, pulse]))
  return cards.map((card) => {
    const pulse = byId.get(card.strategy_run_id)
    return pulse ? { ...card, ...pulse, spark: [...card.spark, pulse.pnl.net] } : card
  })
}

export interface Totals {
  positions: number
  net: number
  isStale: boolean
}

/** The totals of runs as their cards show them, added in paise. */
export function totalsOf(runs: readonly RunCard[]): Totals {
  return {
    positions: runs.reduce((sum, run) => sum + run.position_count, 0),
    net: runs.reduce((sum, run) => sum + Math.round(run.pnl.net * 100), 0) / 100,
    isStale: runs.some((run) => run.pnl.is_stale),
  }
}

const ORDER: Market[] = ["live", "sandbox", "paper", "dry_run"]

/** Runs grouped by market, live first, because markets are never totalled together. Runs needing attention come first. */
export function byMarket(cards: readonly RunCard[]): [Market, RunCard[]][] {
  const sorted = cards.toSorted((a, b) => Number(b.attention.length > 0) - Number(a.attention.length > 0))
  return ORDER.map((market): [Market, RunCard[]] => [
    market,
    sorted.filter((card) => marketOf(card) === market),
  ]).filter(([, runs]) => runs.length > 0)
}

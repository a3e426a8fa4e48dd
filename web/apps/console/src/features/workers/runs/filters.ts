import type { Mode, RunCard, RunPulse } from "@/lib/queries/workers"

export interface RunFilter {
  status?: string | undefined
  mode?: Mode | undefined
  token?: number | undefined
}

/** Whether a run is one of those asked for. `attention` is the state of wanting to be looked at. */
export function matches(run: RunCard, { status, mode, token }: RunFilter): boolean {
  const hasStatus = !status || (status === "attention" ? run.attention.length > 0 : run.status === status)
  return hasStatus && (!mode || run.execution_mode === mode) && (!token || run.token_id === token)
}

/** Cards with what the socket said of them since. A run that left the list of pulses is told of by its card alone. */
export function withPulses(cards: readonly RunCard[], pulses: readonly RunPulse[] | undefined): RunCard[] {
  const byId = new Map(pulses?.map((pulse) => [pulse.strategy_run_id, pulse]))
  return cards.map((card) => {
    const pulse = byId.get(card.strategy_run_id)
    return pulse ? { ...card, ...pulse, spark: [...card.spark, pulse.pnl.net] } : card
  })
}

const ORDER: Mode[] = ["live", "paper", "dry_run"]

/** The runs apart by mode, live first: figures of different modes never stand in one total. Troubled ones lead. */
export function byMode(cards: readonly RunCard[]): [Mode, RunCard[]][] {
  const troubled = cards.toSorted((a, b) => Number(b.attention.length > 0) - Number(a.attention.length > 0))
  return ORDER.map((mode): [Mode, RunCard[]] => [
    mode,
    troubled.filter((card) => card.execution_mode === mode),
  ]).filter(([, runs]) => runs.length > 0)
}

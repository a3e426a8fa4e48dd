import type { RunConfig } from "@tradertape/api/backtest.ts"
import type { PaperSettings } from "@/components/models/paper-trade"

const FILLS: Record<string, NonNullable<PaperSettings["paper_fill"]>> = {
  close: "close",
  next_open: "next_open",
  gtt_touch: "touch",
}

/** What of a run's configuration a portfolio has too. */
type Shown = Pick<
  PaperSettings,
  "position_size_pct" | "max_positions" | "max_per_sector" | "slippage_bps" | "sizing"
> & { fill_model?: string; benchmark?: string | null }

/** The settings of a paper portfolio that trades as a backtest did. */
export function paperSettings(config: RunConfig): PaperSettings {
  const { position_size_pct, max_positions, max_per_sector, slippage_bps, fill_model, benchmark, sizing } =
    config as RunConfig & Shown
  return {
    universe: config.universe,
    starting_capital: config.starting_capital,
    position_size_pct,
    max_positions,
    max_per_sector,
    slippage_bps,
    paper_fill: FILLS[fill_model ?? ""] ?? "close",
    ...(benchmark && { benchmark }),
    ...(sizing && { sizing: { method: sizing.method, risk_per_trade_pct: sizing.risk_per_trade_pct } }),
  }
}

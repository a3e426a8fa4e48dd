import type { OverviewOut } from "@tradertape/api/generated/types.gen.ts"
import type { ModeSummary } from "@/lib/queries/workers"

export type TradedWith = "paper" | "sandbox" | "live"

export const MODES: Record<TradedWith | "unknown", { text: string; hint: string }> = {
  unknown: { text: "…", hint: "It is not known yet what your runs and portfolios trade with." },
  paper: { text: "PAPER", hint: "Orders are filled by the paper market. No real money moves." },
  sandbox: {
    text: "SANDBOX",
    hint: "A run, a portfolio, an order or a position of yours is on the sandbox. Orders, shares and money there are not real.",
  },
  live: {
    text: "LIVE",
    hint: "A run, a portfolio, an order or a position of yours moves real money at your broker.",
  },
}

/**
 * What active runs and portfolios, and open orders and positions at brokers (`atBrokers`), trade with. Portfolios that
 * are not known to be the sandbox's are real money.
 */
export function tradedWith(
  modes: readonly Pick<ModeSummary, "execution_mode" | "environment" | "runs">[],
  livePortfolios: number,
  isOnlySandbox: boolean,
  atBrokers: OverviewOut["at_brokers"] = "none",
): TradedWith {
  const live = modes.filter(({ execution_mode, runs }) => execution_mode === "live" && runs > 0)
  const isReal = live.some(({ environment }) => environment !== "sandbox")
  if (isReal || atBrokers === "live" || (livePortfolios > 0 && !isOnlySandbox)) return "live"
  return atBrokers === "sandbox" || live.length > 0 || livePortfolios > 0 ? "sandbox" : "paper"
}

/** The same of the server's answers: not called paper or sandbox until both are there. */
export const modeOfAll = (
  runs: Pick<OverviewOut, "modes" | "at_brokers"> | undefined,
  portfolios: { live_portfolios: number } | undefined,
  isOnlySandbox: boolean,
): TradedWith | "unknown" => {
  const live = portfolios?.live_portfolios ?? 0
  const found = tradedWith(runs?.modes ?? [], live, isOnlySandbox, runs?.at_brokers)
  return found === "live" || (runs && portfolios) ? found : "unknown"
}

/** The result of a run in one sentence, from its figures. */
import type { Summary } from "@tradertape/api/backtest.ts"
import { count, percent } from "@tradertape/ui/format.ts"

type Figures = Pick<
  Summary,
  | "cagr"
  | "total_return"
  | "benchmark_cagr"
  | "benchmark_return"
  | "max_drawdown"
  | "total_trades"
  | "deflated_sharpe"
  | "sharpe"
>

export interface Verdict {
  tone: "better" | "worse" | "neutral"
  text: string
}

/** Fewer trades than this allow no conclusion. */
const FEW_TRADES = 30
/** The probability from which an edge is told from luck. */
const CONFIDENT = 0.95

function points(value: number): string {
  return `${percent(Math.abs(value)).replace("%", "")} points`
}

interface Pace {
  own: number
  index: number | null
  per: string
}

/** Growth a year; over the whole period where that is too short for a rate a year. */
function paceOf(figures: Figures): Pace {
  const { cagr, benchmark_cagr, total_return, benchmark_return } = figures
  if (cagr !== null) return { own: cagr, index: benchmark_cagr, per: "a year" }
  return { own: total_return, index: benchmark_return, per: "over the period" }
}

function versus({ own, index, per }: Pace, benchmark: string): { text: string; lead: number | null } {
  const made = `${own < 0 ? "Lost" : "Gained"} ${percent(Math.abs(own))} ${per}`
  if (index === null) return { text: made, lead: null }
  // The difference of the figures as they are shown.
  const lead = Number((Number(own.toFixed(1)) - Number(index.toFixed(1))).toFixed(1))
  if (lead === 0) return { text: `${made}, as much as ${benchmark}`, lead }
  if (lead < 0) return { text: `Lost to ${benchmark} by ${points(lead)} ${per}`, lead }
  if (own < 0) return { text: `${made}, ${points(lead)} less than ${benchmark}`, lead }
  return { text: `Beat ${benchmark} by ${points(lead)} ${per}`, lead }
}

function edge({ total_trades, deflated_sharpe, sharpe }: Figures): string {
  if (total_trades < FEW_TRADES)
    return `${count(total_trades, "trade")} are too few to tell an edge from luck`
  if (deflated_sharpe === null || sharpe === null) return "the run is too short to tell an edge from luck"
  if (sharpe <= 0) return "there is no edge"
  return deflated_sharpe >= CONFIDENT
    ? "the profit is unlikely to be luck"
    : "the edge is not distinguishable from luck"
}

/** "Lost to NIFTY 50 by 8.9 points a year, with a drawdown of 32%; the edge is not distinguishable from luck." */
export function verdictOf(figures: Figures, benchmark: string): Verdict {
  if (figures.total_trades === 0)
    return { tone: "neutral", text: "Closed no trade, so there is nothing to judge yet." }
  const { text, lead } = versus(paceOf(figures), benchmark)
  const fall = percent(Math.abs(figures.max_drawdown), 0)
  return {
    tone: lead === null || lead === 0 ? "neutral" : lead > 0 ? "better" : "worse",
    text: `${text}, with a drawdown of ${fall}; ${edge(figures).replace("1 trade are", "1 trade is")}.`,
  }
}

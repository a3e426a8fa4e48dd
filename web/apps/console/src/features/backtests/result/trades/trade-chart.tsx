import type { Trade } from "@tradertape/api/backtest.ts"
import {
  CandleChart,
  type CandleMark,
  type CandlePoint,
  type PriceLevel,
} from "@tradertape/ui/charts/candle-chart.tsx"
import { useMemo } from "react"
import { exitLabel } from "./trade-columns"

function marksOf(trade: Trade, days: Set<string>): CandleMark[] {
  const marks: CandleMark[] = []
  if (trade.signal_date && trade.signal_date !== trade.entry_date) {
    marks.push({ date: trade.signal_date, text: "", side: "below", tone: "accent" })
  }
  marks.push({ date: trade.entry_date, text: "buy", side: "below", tone: "accent" })
  if (trade.exit_date) {
    marks.push({
      date: trade.exit_date,
      text: exitLabel(trade),
      side: "above",
      tone: trade.net_pnl >= 0 ? "gain" : "loss",
    })
  }
  return marks.filter(({ date }) => days.has(date))
}

function levelsOf(trade: Trade): PriceLevel[] {
  const levels: PriceLevel[] = [{ price: trade.entry_price, label: "entry", tone: "accent" }]
  if (trade.initial_stop !== null) levels.push({ price: trade.initial_stop, label: "stop", tone: "loss" })
  if (trade.exit_date && trade.exit_price !== null) {
    levels.push({ price: trade.exit_price, label: "exit", tone: trade.net_pnl >= 0 ? "gain" : "loss" })
  }
  return levels
}

/** The chart of a trade with signal, entry, stop and exit. */
export function TradeChart({ trade, candles }: { trade: Trade; candles: CandlePoint[] }) {
  const marks = useMemo(() => marksOf(trade, new Set(candles.map(({ date }) => date))), [trade, candles])
  const levels = useMemo(() => levelsOf(trade), [trade])
  return (
    <CandleChart
      candles={candles}
      marks={marks}
      levels={levels}
      height={340}
      label={`Candles of ${trade.symbol} with entry, stop and exit of the trade`}
    />
  )
}

import { sentence } from "@tradertape/ui/format.ts"

/** What people call the ready-made indicators, as the plain English of a strategy does. */
const NAMES: Record<string, string> = {
  rsi14: "RSI(14)",
  rsi2: "RSI(2)",
  atr14: "ATR(14)",
  atr_pct: "ATR %",
  adx14: "ADX(14)",
  macd: "MACD",
  macd_signal: "MACD signal line",
  bb_upper: "upper Bollinger band",
  bb_lower: "lower Bollinger band",
  high_20d: "20-day high",
  low_20d: "20-day low",
  high_52w: "52-week high",
  drawdown_20d_pct: "fall from the 20-day high %",
  drawdown_52w_pct: "fall from the 52-week high %",
  ret_5d: "5-day return",
  ret_20d: "20-day return",
  ret_60d: "60-day return",
  vol_ratio_20: "volume to its 20-day average",
  turnover_20d: "20-day average turnover",
  gap_pct: "opening gap %",
  rs_rank_60: "60-day relative strength rank",
  vol_regime: "volatility regime",
  trend_alignment: "trend alignment",
}

const AVERAGES: Record<string, string> = { sma: "average", ema: "exponential average" }

/** The name to show for an indicator's short name: "200-day average" for sma200; unknown ones as they are. */
export function indicatorName(name: string): string {
  const average = /^(sma|ema)(\d+)$/.exec(name)
  if (average) return `${average[2]}-day ${AVERAGES[average[1] ?? ""]}`
  return NAMES[name] ?? name
}

/** A part of a score, as its rule is named: "RSI band" for rsi_band. */
export function scorePartName(name: string): string {
  const text = name
    .replaceAll("_", " ")
    .replace(/\b(rsi|atr|adx|macd|obv|vwap|mfi|cci|ema|sma|rs)\b/gi, (short) => short.toUpperCase())
  return sentence(text)
}

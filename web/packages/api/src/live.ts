/** Response types of the live-market routes, which the API schema leaves free-form. Prices in rupees. */

export interface LiveCandle {
  ts: string
  open: number
  high: number
  low: number
  close: number
  volume: number
  oi: number
  is_complete: boolean
  has_gap: boolean
}

export interface CandleSet {
  symbol: string
  interval: string
  source: string
  count: number
  candles: LiveCandle[]
  current: LiveCandle | null
  is_stale: boolean
  ingestion?: { status: string; candles: number }
}

/** A quote in Kite's format. */
export interface KiteQuote {
  instrument: string
  last_price: number
  net_change: number | null
  volume: number
  oi: number
  ohlc: { open: number | null; high: number | null; low: number | null; close: number | null }
  is_stale: boolean
}

export interface QuotesAnswer {
  quotes: Record<string, KiteQuote>
  unresolved: { identifier: string; detail: string; near?: string[] }[]
}

/** Response types of the options routes, which the API schema leaves free-form. Prices in rupees. */

export interface ChainSide {
  instrument_token: number
  tradingsymbol: string
  ltp: number | null
  bid: number | null
  ask: number | null
  close: number | null
  bid_quantity: number
  ask_quantity: number
  volume: number
  oi: number
  iv: number | null
  delta: number | null
  gamma: number | null
  theta: number | null
  vega: number | null
  rho: number | null
}

export interface ChainRow {
  strike: number
  is_atm: boolean
  CE: ChainSide | null
  PE: ChainSide | null
}

export interface Chain {
  underlying: string
  expiry: string
  spot_ltp: number
  forward: number
  forward_source: string
  atm_strike: number
  atm_iv: number | null
  days_to_expiry: number
  lot_size: number
  is_stale: boolean
  updated_at: string
  pcr: number | null
  max_pain: number | null
  rows: ChainRow[]
}

export interface OptionSession {
  underlying: string
  exchange: string
  spot_instrument: string
  spot_ltp: number
  atm_strike: number
  lot_size: number
  strike_step: number
  freeze_quantity: number | null
  expiries: string[]
  nearest_expiry: string
  expiry_words: Record<string, string>
  is_open: boolean
  simulated: boolean
  demo: boolean
  source: string
  is_stale: boolean
  updated_at: string
}

export type OptionType = "CE" | "PE"
export type OrderSide = "BUY" | "SELL"

export interface PreviewLeg {
  instrument_token: number
  exchange: string
  tradingsymbol: string
  instrument_type: string
  strike: number | null
  option_type: OptionType | null
  expiry_key: string | null
  transaction_type: OrderSide
  quantity: number
  lots: number
  lot_size: number
  price: number
  ltp: number | null
  iv: number | null
  delta: number | null
  theta: number | null
  vega: number | null
  gamma: number | null
}

export interface PreviewWarning {
  code: string
  message: string
  severity: "low" | "medium" | "high"
}

export interface StrategyPreview {
  underlying: string
  strategy_name: string | null
  spot_ltp: number
  expiry: string
  legs: PreviewLeg[]
  net_premium: number
  max_profit: number | null
  max_loss: number | null
  is_profit_unlimited: boolean
  is_loss_unlimited: boolean
  breakevens: number[]
  probability_of_profit: number | null
  payoff: {
    levels: number[]
    at_expiry: number[]
    now: number[]
    is_exact: boolean
    ahead?: number[]
    days_ahead?: number
  }
  greeks: Record<"delta" | "gamma" | "theta" | "vega" | "rho", number | null>
  margin: Record<"required" | "initial" | "hedge_benefit" | "blocked" | "span" | "exposure", number>
  charges: { total: number; broker: string }
  warnings: PreviewWarning[]
  updated_at: string
}

/** A contract resolved from a selection. */
export interface ChosenContract {
  tradingsymbol: string
  exchange: string
  strike: number
  option_type: OptionType
  expiry: string
  lot_size: number
}

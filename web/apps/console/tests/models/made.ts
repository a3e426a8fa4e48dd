import type { Dashboard, ModelPosition, Portfolio, Signal } from "@/lib/queries/models"

export function madeSignal(given: Partial<Signal> = {}): Signal {
  return {
    id: 1,
    portfolio_id: 1,
    symbol: "INFY",
    exchange: "NSE",
    isin: "",
    name: "Infosys",
    sector: "IT",
    side: "BUY",
    kind: "entry",
    status: "pending_approval",
    gtt_status: null,
    stage: "pending_approval",
    conviction: 70,
    rank: 1,
    reason: "",
    signal_date: "2026-06-10",
    ref_price: 1500,
    trigger_price: null,
    limit_price: 1500.75,
    stop_price: null,
    target_price: null,
    quantity: 66,
    notional: 99_049.5,
    risk_amount: null,
    filled_quantity: 0,
    average_price: null,
    failure_reason: null,
    placement_key: null,
    expires_at: "2026-06-11T09:15:00+05:30",
    created_at: "2026-06-10T19:00:00+05:30",
    updated_at: "2026-06-10T19:00:00+05:30",
    placed_at: null,
    filled_at: null,
    version: 1,
    actor_history: [],
    ...given,
  } as Signal
}

export const madePosition = (given: Partial<ModelPosition> = {}): ModelPosition =>
  ({
    id: 1,
    portfolio_id: 1,
    symbol: "INFY",
    status: "open",
    quantity: 66,
    open_quantity: 66,
    average_price: 1500,
    entry_date: "2026-06-11",
    stop_price: 1400,
    target_price: null,
    exit_date: null,
    exit_price: null,
    exit_reason: null,
    ltp: 1450,
    net_pnl: -3300,
    sales: [],
    ...given,
  }) as ModelPosition

export const madePage = (given: Partial<Dashboard> = {}): Dashboard =>
  ({
    portfolio: { id: 1, name: "Journey", starting_capital: 500_000, status: "active" } as Portfolio,
    positions: [],
    signals: { pending: [], in_cart: [], live: [], recent: [] },
    closed_trades: { items: [], total: 0 },
    ...given,
  }) as Dashboard

import type { BrokerRow } from "@/lib/queries/brokers"

/** A broker as the server describes it, with a part replaced. */
export function madeBroker(change: Partial<BrokerRow> = {}): BrokerRow {
  return {
    name: "kite",
    title: "Kite",
    environment: "live",
    environments: ["live"],
    capabilities: {
      exchanges: ["NSE", "BSE"],
      products: ["CNC", "MIS"],
      order_types: ["LIMIT", "MARKET"],
      varieties: ["regular", "amo"],
      validities: ["DAY"],
      modifications: 25,
      protects_markets: true,
      slices: true,
      gtt_single: true,
      gtt_two_leg: true,
      updates_orders: true,
      candle_intervals: ["minute", "day"],
      tick_modes: ["ltp", "quote", "full"],
      feed_instruments: 9000,
      tag_length: 20,
    },
    login: {
      proofs: ["checksum", "secret"],
      has_page: true,
      callback_parameter: "request_token",
      redirect_uri: "http://localhost:18777/brokers/kite/callback",
    },
    credentials: madeCredentials(),
    session: madeSession(),
    ip: {
      needs_registered_address: true,
      rule: "Register it.",
      where: "In your app.",
      address: null,
      preflight: "unknown",
      words: "",
      checked_at: null,
    },
    postback_url: null,
    ...change,
  }
}

export function madeCredentials(change: Partial<BrokerRow["credentials"]> = {}): BrokerRow["credentials"] {
  return {
    is_set: true,
    api_key: "key",
    has_secret: false,
    secret_hint: null,
    has_totp_secret: false,
    user_id: null,
    updated_at: null,
    storage: "browser",
    ...change,
  }
}

export function madeSession(change: Partial<BrokerRow["session"]> = {}): BrokerRow["session"] {
  return {
    connected: true,
    user_id: "SB0001",
    login_time: "2026-11-24T09:00:00+05:30",
    expires_at: "2026-11-25T06:00:00+05:30",
    expires_in_s: 3600,
    end: null,
    reason: "",
    login_url: null,
    ...change,
  }
}

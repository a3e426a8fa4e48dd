"""Every call of the client, the answers it needs, and the comparison of what was sent."""

# ruff: noqa: ARG005 - each call of the table takes the client and the package, whichever it needs

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

ORDER = {
    "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "variety": "regular",
    "product": "CNC", "order_type": "MARKET", "quantity": 1, "validity": "DAY",
}  # fmt: skip
GTT = {"type": "single", "condition": {"trigger_values": [1.0]}, "orders": []}
SAFETY = {"strategy_run_id": "r-1", "can_trade": True, "run_status": "open"}
CONTRACT = {"tradingsymbol": "NIFTY26NOV25000CE", "lot_size": 75, "strike": 25000}
LEG = {
    "leg_id": "leg_1", "tradingsymbol": "nifty26nov25000ce", "transaction_type": "buy",
    "quantity": 75, "lots": 1,
}  # fmt: skip
# What each answer must hold for the caller's model.
ANSWERS: dict[str, Any] = {
    "/safety-check": SAFETY,
    "/claim-session": {"worker_session_nonce": "n-1"},
    "/selection/resolve": {"resolved": [CONTRACT, CONTRACT]},
    "/expiries": {"underlying": "NIFTY", "expiries": ["2026-11-26"]},
    "/timeline": {"strategy_run_id": "r-1", "after_cursor": 0, "last_cursor": 0, "events": []},
    "/worker/orders": {"strategy_run_id": "r-1", "orders": []},
    "/worker/trades": {"strategy_run_id": "r-1", "trades": []},
    "/orders/o-1": {"order_id": "o-1", "status": "COMPLETE"},
    "/pnl": {"strategy_run_id": "r-1", "execution_mode": "paper", "status": "open"},
    "/funds": {"account_scope": "kite:paper-a", "mode": "paper"},
    "/gtt/triggers/7": {"trigger_id": 7},
    "/runs/r-1": {
        "strategy_run_id": "r-1", "status": "open", "execution_mode": "paper",
        "template_id": "t", "account_scope": "kite:paper-a",
    },
}  # fmt: skip


def read(stream: Any) -> Any:
    """All messages of a stream; one of the asyncio client is read by who awaits it."""
    return stream if hasattr(stream, "__aiter__") else list(stream)


SYNC: dict[str, Callable[[Any, Any], Any]] = {
    "health": lambda c, k: c.health(),
    "heartbeat": lambda c, k: c.heartbeat("w", "busy", {"a": 1}),
    "create_run": lambda c, k: c.create_run(
        template_id="t", account_scope="kite:paper-a", strategy_run_id="r-1",
        execution_mode="dry_run", summary_fields=[{"key": "a"}], risk_schema=[{"key": "b"}],
        allowed_actions=["x"], runtime_state={"risk": {"a": 1}}, metadata={"m": 1},
        backend_protection=k.BackendProtection(basket=k.BasketProtection(stoploss_pct=4.0)),
    ),
    "create_run, bare": lambda c, k: c.create_run(
        template_id="t", account_scope="kite:paper-a", allowed_actions=[]
    ),
    "create_run_from_config": lambda c, k: c.create_run_from_config(
        k.RunConfig("t", "kite:paper-a", allowed_actions=[]).with_summary_field("a", 1, label="A")
        .with_metadata(x=1).with_risk_patch(y=2).with_allowed_actions("z")
    ),
    "get_run": lambda c, k: c.get_run("r-1"),
    "get_run_health_snapshot": lambda c, k: c.get_run("r-1"),
    "get_run_protection_state": lambda c, k: c.get_run_protection_state("r-1"),
    "claim_session": lambda c, k: c.claim_session("r-1"),
    "release_session": lambda c, k: c.release_session("r-1", session_nonce="n-1"),
    "run_heartbeat": lambda c, k: c.run_heartbeat("r-1", session_nonce="n-1", metrics={"a": 1}),
    "safety_check": lambda c, k: c.safety_check("r-1"),
    "get_run_pnl": lambda c, k: c.get_run_pnl("r-1"),
    "get_run_pnl_snapshot": lambda c, k: c.get_run_pnl_snapshot("r-1"),
    "list_orders": lambda c, k: c.list_orders("r-1"),
    "get_orders_snapshot": lambda c, k: c.get_orders_snapshot("r-1"),
    "list_trades": lambda c, k: c.list_trades("r-1"),
    "get_trades_snapshot": lambda c, k: c.get_trades_snapshot("r-1"),
    "get_order_snapshot": lambda c, k: c.get_order_snapshot("r-1", "o-1"),
    "cancel_order": lambda c, k: c.cancel_order("r-1", "o-1", variety="amo"),
    "modify_order": lambda c, k: c.modify_order("r-1", "o-1", {"quantity": 2}),
    "preview_order": lambda c, k: c.preview_order("r-1", ORDER, metadata={"m": 1}),
    "preview_basket": lambda c, k: c.preview_basket("r-1", [ORDER], all_or_none=True),
    "place_order": lambda c, k: c.place_order(
        "r-1", ORDER, " r-1:entry:001 ", {"m": 1}, "st", "n-1"
    ),
    "place_order, bare": lambda c, k: c.place_order("r-1", ORDER, "r-1:entry:001"),
    "place_basket": lambda c, k: c.place_basket(
        "r-1", [ORDER], "r-1:basket:001", all_or_none=True, dry_run=True, safety_token="st",
        session_nonce="n-1",
    ),
    "patch_risk": lambda c, k: c.patch_risk("r-1", {"a": 1}, "why", "n-1"),
    "update_backend_protection": lambda c, k: c.update_backend_protection(
        "r-1", k.BackendProtection(basket=k.BasketProtection(stoploss_pct=4.0)),
        reason="why", reset_trailing=False, session_nonce="n-1",
    ),
    "exit_run": lambda c, k: c.exit_run("r-1", "why", "r-1:exit:001", True, "n-1"),
    "get_funds": lambda c, k: c.get_funds(mode="live", account_scope="kite:x"),
    "get_funds_snapshot": lambda c, k: c.get_funds_snapshot(),
    "get_run_funds": lambda c, k: c.get_run_funds("r-1"),
    "place_gtt": lambda c, k: c.place_gtt(GTT),
    "list_gtts": lambda c, k: c.list_gtts(),
    "list_gtts_snapshot": lambda c, k: c.list_gtts_snapshot(),
    "get_gtt": lambda c, k: c.get_gtt(7),
    "modify_gtt": lambda c, k: c.modify_gtt(7, GTT),
    "modify_gtt_snapshot": lambda c, k: c.modify_gtt_snapshot(7, GTT),
    "delete_gtt": lambda c, k: c.delete_gtt("7"),
    "delete_gtt_snapshot": lambda c, k: c.delete_gtt_snapshot(7),
    "log_decision_event": lambda c, k: c.log_decision_event("r-1", event_type="a", x={"b": 1}),
    "list_timeline": lambda c, k: c.list_timeline("r-1", after_cursor=3, limit=5),
    "list_timeline_snapshot": lambda c, k: c.list_timeline_snapshot("r-1"),
    "resolve_ticker": lambda c, k: c.resolve_ticker("NSE:INFY"),
    "resolve_tickers": lambda c, k: c.resolve_tickers(["NSE:INFY", 408065, " 5633 "]),
    "search_tickers": lambda c, k: c.search_tickers("NIFTY", "NFO", 5),
    "search_tickers, bare": lambda c, k: c.search_tickers("NIFTY"),
    "get_quotes": lambda c, k: c.get_quotes(["NSE:INFY", 408065], "full"),
    "get_candles": lambda c, k: c.get_candles("NSE:INFY", "minute", 7),
    "get_candles_snapshot": lambda c, k: c.get_candles_snapshot(408065),
    "get_current_candle": lambda c, k: c.get_current_candle("NSE:INFY"),
    "get_historical_candles": lambda c, k: c.get_historical_candles(
        "NSE:INFY", "5minute", "2026-01-01", datetime(2026, 2, 1, tzinfo=timezone.utc),
        ingest=False, passthrough=True,
    ),
    "get_historical_candles_snapshot": lambda c, k: c.get_historical_candles_snapshot(
        "408065", lookback_days=30, to_date="2026-02-01T00:00:00+05:30"
    ),
    "get_market_snapshot": lambda c, k: c.get_market_snapshot(
        symbols=["NSE:INFY"], instrument_tokens=[408065], candles=[{"symbol": "NSE:INFY"}]
    ),
    "options.ensure_session": lambda c, k: c.options.ensure_session("nifty"),
    "options.list_expiries": lambda c, k: c.options.list_expiries("NIFTY"),
    "options.get_chain": lambda c, k: c.options.get_chain("NIFTY", expiry="current_week"),
    "options.get_mini_chain": lambda c, k: c.options.get_mini_chain("NIFTY"),
    "options.get_greeks": lambda c, k: c.options.get_greeks("NIFTY"),
    "options.get_pcr": lambda c, k: c.options.get_pcr("NIFTY"),
    "options.get_max_pain": lambda c, k: c.options.get_max_pain("NIFTY"),
    "options.resolve_contracts": lambda c, k: c.options.resolve_contracts("NIFTY", {"legs": []}),
    "resolve_option_leg": lambda c, k: k.resolve_option_leg(
        c.options, underlying="NIFTY", product="MIS", expiry="nearest",
        selection={"option_type": "CE", "strike": 25000}, transaction_type="BUY", lots=2,
    ).quantity,
    "resolve_offset_leg": lambda c, k: k.resolve_offset_leg(
        c.options, underlying="NIFTY", product="MIS", expiry="nearest", option_type="CE",
        offset="ATM", transaction_type="BUY",
    ).quantity,
    "resolve_delta_leg": lambda c, k: c.options.resolve_delta_leg(
        underlying="NIFTY", product="MIS", expiry="nearest", option_type="CE",
        delta_target=0.3, transaction_type="SELL",
    ).quantity,
    "resolve_spread": lambda c, k: [
        leg.quantity
        for leg in k.resolve_spread(
            c.options, underlying="NIFTY", product="MIS",
            spec=k.SpreadSpec(
                spread_type="s", expiry="nearest",
                legs=[{"selection": {"a": 1}, "transaction_type": "SELL"}] * 2,
            ),
        )
    ],
    "options.preview_entry": lambda c, k: c.options.preview_entry("r-1"),
    "options.preview_entry, orders": lambda c, k: c.options.preview_entry("r-1", [ORDER]),
    "options.preview_entry, payload": lambda c, k: c.options.preview_entry(
        "r-1", [ORDER], payload={"a": 1}
    ),
    "options.preview_run_entry": lambda c, k: c.options.preview_run_entry("r-1", {"a": 1}),
    "options.preview_strategy": lambda c, k: c.options.preview_strategy({"legs": []}),
    "options.create_run": lambda c, k: c.options.create_run(
        strategy_name="s", product="mis", legs=[LEG], protection={"stoploss_pct": 2.0}
    ),
    "options.enter": lambda c, k: c.options.enter(
        "r-1", {"mode": "paper", "safety_token": "old"}, safety_token="st", session_nonce="n-1"
    ),
    "options.exit": lambda c, k: c.options.exit("r-1"),
    "options.preview_exit": lambda c, k: c.options.preview_exit("r-1"),
    "options.get_run_state": lambda c, k: c.options.get_run_state("r-1"),
    "options.update_protection": lambda c, k: c.options.update_protection(
        "r-1", {"a": 1}, session_nonce="n-1"
    ),
    "options.get_protection_state": lambda c, k: c.options.get_protection_state("r-1"),
    "options.replay_protection": lambda c, k: c.options.replay_protection("r-1", [{"a": 1}]),
    "stream_ticks": lambda c, k: read(c.stream_ticks(["NSE:INFY", 408065], "ltp")),
    "stream_candles": lambda c, k: read(c.stream_candles("408065", "minute")),
    "stream_run_pnl": lambda c, k: read(c.stream_run_pnl("r-1", interval_seconds=2.5)),
    "stream_timeline": lambda c, k: read(c.stream_timeline("r-1", after_cursor=4)),
    "ensure_run": lambda c, k: k.ensure_run(
        c, strategy_run_id="r-1", template_id="t", account_scope="kite:paper-a",
        execution_mode="paper", metadata={},
    ),
    "preview_then_place_order": lambda c, k: k.preview_then_place_order(
        c, "r-1", ORDER, idempotency_key="r-1:entry:001"
    ),
}  # fmt: skip


def wire(server: Any) -> list[Any]:
    """Requests so far, without what may differ: spelling of flags, the request id."""
    seen = [
        (
            one.method,
            one.path,
            {key: value.lower() for key, value in one.query.items() if value != ""},
            {
                name.lower(): value
                for name, value in one.headers.items()
                if name.lower()
                in ("authorization", "accept", "content-type", "x-worker-session-nonce")
            },
            one.document,
        )
        for one in server.asked
    ]
    server.asked.clear()
    return seen


def shown(result: Any) -> Any:
    """A result as plain values: each package has its own classes."""
    if isinstance(result, list):
        return [shown(one) for one in result]
    return result.model_dump() if hasattr(result, "model_dump") else result

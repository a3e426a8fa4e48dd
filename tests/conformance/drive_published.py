"""Run by the tests with the published client on its path, or ours: calls every method it has.

Prints the names of what was called, one a line; any answer that the client's own models refuse
ends it with the client's exception. Environment: URL, KITE_ALGO_WORKER_TOKEN.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from typing import Any

import kite_algo_worker as kaw
from kite_algo_worker.ws import WorkerWebSocketClient

URL, TOKEN = os.environ["URL"], os.environ["KITE_ALGO_WORKER_TOKEN"]
CONFIG = kaw.AlgoWorkerConfig(base_url=URL, token=TOKEN, timeout=30.0)
called: set[str] = set()


class Recorded:
    """Passes calls on and remembers their names."""

    def __init__(self, target: Any, name: str) -> None:
        self._target, self._name = target, name

    def __getattr__(self, name: str) -> Any:
        called.add(f"{self._name}.{name}")
        return getattr(self._target, name)


def run_config(run_id: str) -> kaw.RunConfig:
    return kaw.RunConfig(
        strategy_run_id=run_id,
        template_id="conformance",
        account_scope="kite:paper-a",
        execution_mode="paper",
    )


def runs_and_orders(client: Any) -> None:
    assert client.health() == {"status": "healthy"}
    client.heartbeat(metrics={"x": 1})
    run = client.create_run(
        strategy_run_id="conf-a", template_id="conformance", account_scope="kite:paper-a",
        execution_mode="paper", metadata={"allocation_cap": 500_000},
    )  # fmt: skip
    assert run["status"] == "open"
    assert client.create_run_from_config(run_config("conf-b"))["strategy_run_id"] == "conf-b"
    assert client.get_run("conf-a")["execution_mode"] == "paper"
    health(client)
    order = kaw.equity_market_order("INFY", "BUY", 1)
    assert client.preview_order("conf-a", order)["preview"]["cost_contract"]["margin_required"] > 0
    kaw.OrderPreview.model_validate(client.preview_order("conf-a", order))
    client.preview_basket("conf-a", [order])
    placed = client.place_order("conf-a", order, idempotency_key="conf-a:entry:001")
    kaw.WorkerOrderResult.model_validate(placed)
    assert client.place_order("conf-a", order, idempotency_key="conf-a:entry:001") == placed
    done = kaw.wait_for_terminal_order_state(
        client, "conf-a", placed["order_id"], attempts=20, sleep_seconds=0.2
    )
    assert done.status == "COMPLETE"
    client.place_basket("conf-a", [order, order], idempotency_key="conf-a:basket", all_or_none=True)
    low = round(float(done.average_price) * 0.97, 0)
    resting = client.place_order(
        "conf-a", kaw.limit_order("NSE", "INFY", "BUY", "CNC", 2, price=low),
        idempotency_key="conf-a:limit",
    )  # fmt: skip
    client.modify_order("conf-a", resting["order_id"], {"quantity": 1})
    assert client.get_order_snapshot("conf-a", resting["order_id"]).quantity == 1
    client.cancel_order("conf-a", resting["order_id"])
    assert len(client.list_orders("conf-a")["orders"]) == 4
    assert len(client.get_orders_snapshot("conf-a").orders) == 4
    assert len(client.list_trades("conf-a")["trades"]) == 3
    assert len(client.get_trades_snapshot("conf-a").trades) == 3


def health(client: Any) -> None:
    if os.environ.get("CLIENT") == "ours":
        assert client.get_run_health_snapshot("conf-a").status == "open"
        return
    try:
        client.get_run_health_snapshot("conf-a")  # the package contradicts itself: contract Q1
        raise SystemExit("the strict health model took a whole run")
    except TypeError:
        pass


def money_and_timeline(client: Any) -> None:
    assert client.get_run_pnl("conf-a")["totals"]["charges"] > 0
    assert client.get_run_pnl_snapshot("conf-a").legs[0].net_quantity == 3
    assert client.get_funds()["segments"]["equity"]["net"] > 0
    assert client.get_funds_snapshot().account_scope == "kite:paper-a"
    assert client.get_run_funds("conf-a")["strategy"]["allocation"]["remaining"] > 0
    client.log_decision_event(
        "conf-a", event_type="signal.generated", summary="crossed", details={"fast": 1.0}
    )
    assert client.list_timeline("conf-a", limit=500)["events"]
    snapshot = client.list_timeline_snapshot("conf-a", limit=500)
    assert snapshot.events[-1].summary == "crossed"
    assert client.list_timeline("conf-a", event_kind="decision")["events"]
    streamed = list(itertools.islice(client.stream_timeline("conf-a"), len(snapshot.events)))
    assert [one["cursor"] for one in streamed] == [one.cursor for one in snapshot.events]
    for update in itertools.islice(client.stream_run_pnl("conf-a", interval_seconds=0.2), 2):
        assert update["strategy_run_id"] == "conf-a"


def market(client: Any) -> None:
    assert client.resolve_ticker("NSE:INFY")["tradingsymbol"] == "INFY"
    client.resolve_tickers(["NSE:INFY", "NSE:RELIANCE"])
    client.search_tickers("NIFTY", exchange="NFO", limit=5)
    assert client.get_quotes(["NSE:INFY"])["quotes"]["NSE:INFY"]["last_price"] > 0
    client.get_market_snapshot(["NSE:INFY"])
    client.get_candles("NSE:INFY", interval="minute", lookback=5)
    client.get_candles_snapshot("NSE:INFY", interval="minute", lookback=5)
    client.get_current_candle("NSE:INFY", interval="minute")
    assert client.get_historical_candles("NSE:INFY", timeframe="day")["candles"]
    assert client.get_historical_candles_snapshot("NSE:INFY", timeframe="day").candles
    assert next(iter(client.stream_ticks(["NSE:INFY"])))["ticks"]
    assert next(iter(client.stream_candles("NSE:INFY", interval="minute")))


def triggers(client: Any) -> None:
    price = client.get_quotes(["NSE:INFY"])["quotes"]["NSE:INFY"]["last_price"]
    level = float(round(price * 0.9))
    leg = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1,
        "order_type": "LIMIT", "product": "CNC", "price": level,
    }  # fmt: skip
    condition = {
        "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [level], "last_price": price,
    }  # fmt: skip
    gtt = {"type": "single", "condition": condition, "orders": [leg]}
    first = client.place_gtt(gtt)["trigger_id"]
    second = client.place_gtt_snapshot(gtt).trigger_id
    assert {one["id"] for one in client.list_gtts()} >= {first, second}
    assert len(client.list_gtts_snapshot()) >= 2
    assert client.get_gtt(first)["status"] == "active"
    assert client.get_gtt_snapshot(first).id == first
    patch = {"condition": {"trigger_values": [level - 1], "last_price": price}}
    client.modify_gtt(first, patch)
    assert client.modify_gtt_snapshot(first, patch).trigger_id == first
    client.delete_gtt(first)
    assert client.delete_gtt_snapshot(second).trigger_id == second


def managed(client: Any) -> None:
    protection = kaw.BackendProtection(
        positions=[
            kaw.ProtectedPosition(
                symbol="NSE:INFY", product="CNC", side="BUY", quantity=1,
                entry_price=1.0, stoploss_pct=50.0,
            )
        ],
        basket=kaw.BasketProtection(stoploss_pct=60.0),
        operations=kaw.OperationalProtection(exit_on_worker_stale=True, worker_stale_sec=300),
    )  # fmt: skip
    config = run_config("conf-b")
    with client.run(config) as plain:
        run = Recorded(plain, "ManagedRun")
        run.heartbeat(metrics={"a": 1})
        safety = run.safety_check()
        assert safety.can_trade, safety.blocking_reasons
        order = kaw.equity_market_order("INFY", "BUY", 1)
        run.place_order(order, idempotency_key="conf-b:1", safety_token=safety.safety_token)
        run.place_basket([order], idempotency_key="conf-b:2")
        run.update_backend_protection(protection, reason="rebalance")
        run.patch_risk({"stop_loss_pct": 1.0}, reason="calmer")
        run.log_decision_event(event_type="x", summary="y")
        assert run.list_timeline()["events"]
        assert next(iter(run.stream_timeline()))
        assert run.refresh()["status"] == "open"
        assert client.get_run_protection_state("conf-b")
        assert run.exit_run(dry_run=True)
        run.exit_run(reason="done", idempotency_key="conf-b:exit")
    nonce = client.claim_session("conf-a")["worker_session_nonce"]
    client.run_heartbeat("conf-a", session_nonce=nonce)
    client.safety_check("conf-a")
    client.update_backend_protection("conf-a", protection, session_nonce=nonce)
    client.patch_risk("conf-a", {"a": 1}, session_nonce=nonce)
    client.release_session("conf-a", session_nonce=nonce)


def options(plain: Any) -> None:
    client = Recorded(plain, "Options")
    client.ensure_session("NIFTY")
    assert client.list_expiries("NIFTY")["expiries"]
    for call in ("get_chain", "get_greeks", "get_pcr", "get_max_pain"):
        assert getattr(client, call)("NIFTY", expiry="nearest")
    client.get_mini_chain("NIFTY", window=2)
    wanted = {"expiry": "nearest", "legs": [{"option_type": "CE", "moneyness": "ATM"}]}
    assert client.resolve_contracts("NIFTY", wanted)
    kaw.resolve_offset_leg(
        plain, underlying="NIFTY", product="MIS", expiry="nearest", option_type="CE",
        offset="ATM", transaction_type="BUY",
    )  # fmt: skip


async def asynchronous() -> None:
    client = Recorded(kaw.AsyncKiteAlgoWorkerClient(CONFIG), "Async")
    await client.health()
    await client.get_run("conf-a")
    order = kaw.equity_market_order("INFY", "BUY", 1)
    await client.preview_order("conf-a", order)
    await client.preview_basket("conf-a", [order])
    orders = (await client.list_orders("conf-a"))["orders"]
    await client.get_order_snapshot("conf-a", orders[0]["order_id"])
    await client.wait_for_terminal_order_state("conf-a", orders[0]["order_id"])
    for name in (
        "get_orders_snapshot", "list_trades", "get_trades_snapshot", "get_run_pnl",
        "get_run_pnl_snapshot", "get_run_funds", "list_timeline", "list_timeline_snapshot",
    ):  # fmt: skip
        await getattr(client, name)("conf-a")
    await client.get_funds()
    await client.log_decision_event("conf-a", event_type="x", summary="async")
    await client.resolve_ticker("NSE:INFY")
    await client.resolve_tickers(["NSE:INFY"])
    await client.search_tickers("INFY")
    price = (await client.get_quotes(["NSE:INFY"]))["quotes"]["NSE:INFY"]["last_price"]
    await client.get_market_snapshot(symbols=["NSE:INFY"])
    for name in ("get_candles", "get_candles_snapshot"):
        await getattr(client, name)("NSE:INFY", interval="minute")
    for name in ("get_historical_candles", "get_historical_candles_snapshot"):
        await getattr(client, name)("NSE:INFY", timeframe="day")
    await asynchronous_triggers(client, price)
    await client.close()


async def asynchronous_triggers(client: Any, price: float) -> None:
    level = float(round(price * 0.9))
    leg = {
        "exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1,
        "order_type": "LIMIT", "product": "CNC", "price": level,
    }  # fmt: skip
    condition = {
        "exchange": "NSE", "tradingsymbol": "INFY", "trigger_values": [level], "last_price": price,
    }  # fmt: skip
    gtt = {"type": "single", "condition": condition, "orders": [leg]}
    first = (await client.place_gtt(gtt))["trigger_id"]
    second = (await client.place_gtt_snapshot(gtt)).trigger_id
    await client.list_gtts()
    await client.list_gtts_snapshot()
    await client.get_gtt(first)
    await client.get_gtt_snapshot(first)
    await client.modify_gtt(first, {"condition": {**condition, "trigger_values": [level - 1]}})
    await client.modify_gtt_snapshot(first, {"condition": condition})
    await client.delete_gtt(first)
    await client.delete_gtt_snapshot(second)


async def sockets() -> None:
    plain = WorkerWebSocketClient(URL.replace("http", "ws", 1), TOKEN)
    client = Recorded(plain, "Sockets")
    async with client.stream_ticks(symbols=["NSE:INFY"]) as stream:
        assert (await stream.recv(ignore_heartbeats=True))["ticks"]
    async with client.stream(symbols=["NSE:INFY"]) as stream:
        assert (await stream.recv(ignore_heartbeats=True))["ticks"]
    async with client.stream_candles(symbol="NSE:INFY", interval="minute") as stream:
        assert await stream.recv(ignore_heartbeats=True)
    async with client.stream_run_pnl("conf-a", interval_seconds=0.2) as stream:
        assert (await stream.recv(ignore_heartbeats=True))["strategy_run_id"] == "conf-a"


def main() -> None:
    plain = kaw.KiteAlgoWorkerClient(CONFIG)
    client = Recorded(plain, "Client")
    runs_and_orders(client)
    money_and_timeline(client)
    market(client)
    triggers(client)
    managed(client)
    options(plain.options)
    asyncio.run(asynchronous())
    asyncio.run(sockets())
    client.exit_run("conf-a", reason="done", idempotency_key="conf-a:exit")
    assert client.get_run("conf-a")["status"] == "closed"
    sys.stdout.write("\n".join(sorted(called)) + "\n")


if __name__ == "__main__":
    main()

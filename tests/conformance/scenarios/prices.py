"""Instruments, quotes, candles and their streams; the same over asyncio and WebSockets."""

from __future__ import annotations

from typing import Any

import kite_algo_worker as kaw
from kite_algo_worker.ws import WorkerWebSocketClient
from scenarios.recording import CONFIG, TOKEN, URL, A, Drive, Recorded, is_strict_server
from scenarios.trading import a_trigger


def market(drive: Drive) -> None:
    client, function = drive.client, drive.functions
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
    assert function.wait_for_history(client, "NSE:INFY", timeframe="day", attempts=2)["candles"]
    assert function.wait_for_quotes(client, ["NSE:INFY"], attempts=2)["quotes"]
    warm = function.warmup_history(
        client, "NSE:INFY", timeframe="day", min_candles=50, attempts=2, sleep_seconds=0.1
    )
    assert len(warm.candles) >= 50
    fresh = function.wait_for_fresh_candle(
        client, "NSE:INFY", interval="minute", attempts=1, sleep_seconds=0.1
    )
    assert fresh is None or fresh.close > 0


async def asynchronous(drive: Drive) -> None:
    client = Recorded(kaw.AsyncKiteAlgoWorkerClient(CONFIG), "Async")
    await client.health()
    await client.get_run(A)
    await _refused(drive, client.get_run_health_snapshot(A))  # contract Q1
    order = kaw.equity_market_order("INFY", "BUY", 1)
    await client.preview_order(A, order)
    await client.preview_basket(A, [order])
    orders = (await client.list_orders(A))["orders"]
    await client.get_order_snapshot(A, orders[0]["order_id"])
    await client.wait_for_terminal_order_state(A, orders[0]["order_id"])
    for name in (
        "get_orders_snapshot", "list_trades", "get_trades_snapshot", "get_run_pnl",
        "get_run_funds", "list_timeline", "list_timeline_snapshot",
    ):  # fmt: skip
        await getattr(client, name)(A)
    snapshot = client.get_run_pnl_snapshot(A)
    await client.get_funds()
    if is_strict_server(drive.client):
        await snapshot
    else:
        await _refused(drive, snapshot)  # contract Q3
    await client.log_decision_event(A, event_type="x", summary="async")
    await client.resolve_ticker("NSE:INFY")
    await client.resolve_tickers(["NSE:INFY"])
    await client.search_tickers("INFY")
    price = (await client.get_quotes(["NSE:INFY"]))["quotes"]["NSE:INFY"]["last_price"]
    await client.get_market_snapshot(symbols=["NSE:INFY"])
    for name in ("get_candles", "get_candles_snapshot"):
        await getattr(client, name)("NSE:INFY", interval="minute")
    for name in ("get_historical_candles", "get_historical_candles_snapshot"):
        await getattr(client, name)("NSE:INFY", timeframe="day")
    await _triggers(client, price)
    await client.close()


async def _refused(drive: Drive, asked: Any) -> None:
    try:
        await asked
    except TypeError:
        assert not drive.keeps_unknown
    else:
        assert drive.keeps_unknown


async def _triggers(client: Any, price: float) -> None:
    gtt = a_trigger(price)
    condition = gtt["condition"]
    (level,) = condition["trigger_values"]
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


async def sockets(_drive: Drive) -> None:
    plain = WorkerWebSocketClient(URL.replace("http", "ws", 1), TOKEN)
    client = Recorded(plain, "Sockets")
    async with client.stream_ticks(symbols=["NSE:INFY"]) as stream:
        assert (await stream.recv(ignore_heartbeats=True))["ticks"]
    async with client.stream(symbols=["NSE:INFY"]) as stream:
        assert (await stream.recv(ignore_heartbeats=True))["ticks"]
    async with client.stream_candles(symbol="NSE:INFY", interval="minute") as stream:
        assert await stream.recv(ignore_heartbeats=True)
    async with client.stream_run_pnl(A, interval_seconds=0.2) as stream:
        assert (await stream.recv(ignore_heartbeats=True))["strategy_run_id"] == A

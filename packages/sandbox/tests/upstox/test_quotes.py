"""Candles of quotes, and order updates posted to an address."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import INFY, ServedUpstox, body, served_upstox

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Interval

V2, V3 = "/v2/market-quote/ohlc", "/v3/market-quote/ohlc"


def shown(upstox: ServedUpstox, path: str, interval: str) -> dict[str, Any]:
    query = {"instrument_key": INFY, "interval": interval}
    return upstox.data("GET", path, params=query)["NSE_EQ:INFY"]


@pytest.mark.parametrize(
    ("word", "interval"), [("I1", Interval.MINUTE), ("I30", Interval.MINUTE_30)]
)
def test_the_candle_that_forms_follows_the_one_before(
    upstox: ServedUpstox, word: str, interval: Interval
) -> None:
    row = shown(upstox, V3, word)
    exchange = upstox.sandbox.exchange
    start = exchange.now() - timedelta(hours=2)
    before, live = exchange.candles("NSE:INFY", interval, start, exchange.now())[-2:]
    assert row["live_ohlc"]["ts"] == live.start.timestamp() * 1000
    assert row["live_ohlc"]["open"] == float(live.open)
    assert row["prev_ohlc"] == {
        "open": float(before.open), "high": float(before.high), "low": float(before.low),
        "close": float(before.close), "volume": before.volume,
        "ts": int(before.start.timestamp() * 1000),
    }  # fmt: skip
    prices = shown(upstox, V2, word)["ohlc"]
    assert prices["open"] == float(live.open)
    assert prices["low"] <= prices["close"] <= prices["high"]


def test_the_day_before_is_a_day_of_trading(upstox: ServedUpstox) -> None:
    row = shown(upstox, V3, "1d")
    tick = upstox.sandbox.exchange.tick("NSE:INFY")
    assert tick is not None
    assert tick.close is not None
    assert row["prev_ohlc"]["close"] == float(tick.close)
    day = datetime.fromtimestamp(row["prev_ohlc"]["ts"] / 1000, IST).date()
    assert day < upstox.sandbox.exchange.today
    assert upstox.sandbox.exchange.times.calendar.is_session(day)
    assert row["live_ohlc"]["open"] == float(tick.open or 0)


@pytest.mark.parametrize("word", ["", "I2", "1w", "day"])
def test_an_interval_that_there_is_not_is_refused(upstox: ServedUpstox, word: str) -> None:
    query = {"instrument_key": INFY, "interval": word}
    assert upstox.error("GET", V3, params=query) == (400, "UDAPI100036")


def test_changes_of_orders_are_posted_to_the_apps_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posted: list[tuple[str, dict[str, Any]]] = []

    async def post(address: str, content: bytes) -> None:
        posted.append((address, json.loads(content)))

    monkeypatch.setattr("tradertape_sandbox.wire.upstox.webhooks._post", post)
    upstox = served_upstox(upstox_webhook_url="http://127.0.0.1:1/hook")
    upstox.sign_in()
    order = body("LIMIT", upstox.at("0.95"), tag="mine")
    name = upstox.data("POST", "/v2/order/place", json=order)["order_id"]
    upstox.data("DELETE", "/v2/order/cancel", params={"order_id": name})
    assert {address for address, _ in posted} == {"http://127.0.0.1:1/hook"}
    assert posted[-1][1]["status"] == "cancelled"
    assert {(one["update_type"], one["order_id"], one["tag"]) for _, one in posted} == {
        ("order", name, "mine")
    }

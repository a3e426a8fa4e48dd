"""The polling helpers (KE-02): when they stop, and what they return.

Each case is run on the published package too, with the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import kite_algo_worker as kaw

NO_PAUSE: dict[str, Any] = {"sleep_seconds": 0.0}


@pytest.fixture(params=["ours", "published"])
def kit(
    request: pytest.FixtureRequest, server: Any, published_module: Callable[[str], Any]
) -> tuple[Any, Any]:
    """A package and a client of it."""
    package: Any = kaw if request.param == "ours" else published_module("")
    config = package.AlgoWorkerConfig(base_url=server.url, token="kwa_x", timeout=5.0)
    return package, package.KiteAlgoWorkerClient(config)


def order(status: str) -> dict[str, Any]:
    return {"order_id": "o-1", "status": status, "quantity": 1, "average_price": 100.0}


def candle(*, is_complete: bool, close: float = 100.0) -> dict[str, Any]:
    ohlc = {"open": close, "high": close, "low": close, "close": close, "volume": 1}
    return {"ts": "2026-01-05T09:15:00+05:30", **ohlc, "is_complete": is_complete}


@pytest.mark.parametrize("status", ["COMPLETE", "CANCELLED", "REJECTED"])
def test_an_order_is_waited_for_until_it_is_final(kit: Any, server: Any, status: str) -> None:
    package, client = kit
    server.answer_with(*(server.answer(order(one)) for one in ("OPEN", "TRIGGER PENDING", status)))
    found = package.wait_for_terminal_order_state(client, "r-1", "o-1", **NO_PAUSE)
    assert (found.status, len(server.asked)) == (status, 3)


def test_an_order_that_still_rests_is_returned(kit: Any, server: Any) -> None:
    package, client = kit
    server.answer_with(server.answer(order("OPEN")))
    found = package.wait_for_terminal_order_state(client, "r-1", "o-1", attempts=4, **NO_PAUSE)
    assert (found.status, len(server.asked)) == ("OPEN", 4)


def test_history_is_waited_for_until_there_is_some(kit: Any, server: Any) -> None:
    package, client = kit
    some = {"candles": [candle(is_complete=True)], "interval": "day"}
    server.answer_with(server.answer({"candles": []}), server.answer(some))
    assert package.wait_for_history(client, "NSE:INFY", **NO_PAUSE) == some
    assert [one.query["timeframe"] for one in server.asked] == ["day", "day"]


@pytest.mark.parametrize(("attempts", "got", "asked"), [(10, 3, 3), (2, 2, 2)])
def test_a_warm_up_waits_for_enough_candles(
    kit: Any, server: Any, attempts: int, got: int, asked: int
) -> None:
    package, client = kit
    grown = [{"candles": [candle(is_complete=True)] * n, "interval": "5minute"} for n in (1, 2, 3)]
    server.answer_with(*(server.answer(one) for one in grown))
    found = package.warmup_history(client, "NSE:INFY", min_candles=3, attempts=attempts, **NO_PAUSE)
    assert (len(found.candles), len(server.asked)) == (got, asked)


def test_quotes_are_waited_for_and_the_last_answer_is_returned(kit: Any, server: Any) -> None:
    package, client = kit
    server.answer_with(server.answer({"quotes": {}, "n": 1}), server.answer({"quotes": {}, "n": 2}))
    found = package.wait_for_quotes(client, ["NSE:INFY"], attempts=2, **NO_PAUSE)
    assert found == {"quotes": {}, "n": 2}


@pytest.mark.parametrize(
    ("sets", "close", "asked"),
    [
        # The current candle is waited for until it is complete.
        ([{"current": candle(is_complete=False)}, {"current": candle(is_complete=True)}], 100.0, 2),
        # Without one the last candle counts.
        ([{"current": None, "candles": [candle(is_complete=True, close=7.0)]}], 7.0, 1),
        # If none completes, the current one is returned.
        ([{"current": candle(is_complete=False, close=9.0)}], 9.0, 3),
    ],
)
def test_a_fresh_candle_is_a_complete_one(
    kit: Any, server: Any, sets: list[dict[str, Any]], close: float, asked: int
) -> None:
    package, client = kit
    whole = [{"candles": [], "interval": "minute", **one} for one in sets]
    server.answer_with(*(server.answer(one) for one in whole))
    found = package.wait_for_fresh_candle(client, "NSE:INFY", attempts=3, **NO_PAUSE)
    assert (found.close, len(server.asked)) == (close, asked)


def test_an_order_is_previewed_and_then_placed(kit: Any, server: Any) -> None:
    package, client = kit
    if package is kaw:  # it reads the mode of the run once before it sends an order
        server.route = lambda asked: (
            server.answer({"strategy_run_id": "r-1", "execution_mode": "paper"})
            if asked.method == "GET"
            else None
        )
    server.answer_with(server.answer({"preview": {}}), server.answer({"order_id": "o-1"}))
    order = package.equity_market_order("INFY", "BUY", 1)
    placed = package.preview_then_place_order(client, "r-1", order, idempotency_key="r-1:entry:001")
    assert placed == {"order_id": "o-1"}
    sent = [one.path.rpartition("/worker/")[2] for one in server.asked if one.method == "POST"]
    assert sent == ["runs/r-1/preview/order", "runs/r-1/intents"]


def test_a_refused_preview_places_nothing(kit: Any, server: Any) -> None:
    package, client = kit
    server.answer_with(server.answer({"detail": "no such instrument"}, 422))
    order = package.equity_market_order("NOPE", "BUY", 1)
    with pytest.raises(package.BrokerValidationError, match="no such instrument"):
        package.preview_then_place_order(client, "r-1", order, idempotency_key="r-1:entry:001")
    assert [one.path.rpartition("/")[2] for one in server.asked] == ["order"]

"""A day of the simulated market that keeps the exchange's hours: auctions, shares, contracts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from tradertape_core.kernel.clock import IST
from tradertape_core.market.candle import Interval
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
TUESDAY = datetime(2026, 9, 8, tzinfo=IST)
At = Callable[[str], None]


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"feed_any_hour": False}


@pytest.fixture
def market(container: Any, sign_in: Any) -> Iterator[Any]:
    container.execution.trader.start()
    yield container
    container.execution.trader.stop()


@pytest.fixture
def at(market: Any, clock: Any) -> At:
    """Let the clock be so late, the feed beat and the jobs look."""

    def at(text: str) -> None:
        hour, minute, second = map(int, f"{text}:0".split(":")[:3])
        wanted = TUESDAY.replace(hour=hour, minute=minute, second=second)
        market.execution.trader.execute(Command(lambda _uow: None))  # it watches what was ordered
        clock.advance(seconds=(wanted - clock.now()).total_seconds())
        market.feed.step()
        market.execution_jobs.run_once()

    return at


@pytest.fixture
def place(market: Any, sign_in: Any) -> Callable[..., str]:
    person = sign_in("person@example.com").get("/api/auth/me").json()
    account = market.execution.account(person["id"], "kite:paper-a")
    run, keys = RunRef(account_id=account.id, run_id="run-1"), iter(range(1000))

    def place(name: str, **changes: Any) -> str:
        exchange, symbol = name.split(":")
        order = {
            "exchange": exchange, "tradingsymbol": symbol, "transaction_type": "BUY",
            "product": "NRML" if exchange == "NFO" else "CNC", "order_type": "MARKET",
            "quantity": 1, **changes,
        }  # fmt: skip
        key = f"key-{next(keys):05}"
        return market.execution.place(run, order, key=key).document["order_id"]

    return place


def test_a_day_from_the_pre_open_to_the_last_contract(
    market: Any, at: At, place: Callable[..., str], sign_in: Any
) -> None:
    execution, feed = market.execution, market.feed

    def state() -> str:
        return sign_in("person@example.com").get("/api/live/status").json()["state_text"]

    at("8:59")
    assert state() == "Closed, opens 09:15"
    with pytest.raises(OrderDenied, match="variety amo"):
        place("NSE:INFY")
    at("9:01")
    assert state() == "Pre-open"
    opening = place("NSE:INFY")
    [future, *_] = market.instruments.master.futures("NIFTY")
    lot = future.lot_size
    in_future = place(future.id, quantity=lot)
    option = market.instruments.master.options("NIFTY")[0]
    with pytest.raises(OrderDenied, match="the market is closed"):
        place(option.id, quantity=lot)
    at("9:10")
    [fill] = execution.order("run-1", opening).fills
    infy = market.instruments.get("NSE:INFY")
    open_price = feed.source.session_candles(infy, Interval.DAY, TUESDAY.replace(hour=10))[0].open
    assert fill.price == open_price
    assert execution.order("run-1", in_future).status == "COMPLETE"

    at("15:14")
    last = feed.quotes([infy])[infy.instrument_token].last_price
    far = last * 96 / 100 // infy.tick_size * infy.tick_size
    resting = place("NSE:INFY", order_type="LIMIT", price=float(far))
    assert state() == "Market open"
    at("15:21")
    assert state() == "Closing auction"
    closing = place("NSE:INFY")
    at("15:25:30")
    assert not execution.order("run-1", closing).fills
    at("15:30")
    [fill] = execution.order("run-1", closing).fills
    [day] = feed.source.session_candles(
        infy, Interval.DAY, TUESDAY.replace(hour=15, minute=29, second=59)
    )
    assert fill.price == day.close
    assert execution.order("run-1", resting).status == "CANCELLED"

    at("15:36")
    assert state() == "Futures and options until 15:40"
    wanted = [Subscription(future, Mode.QUOTE), Subscription(infy, Mode.QUOTE)]
    prices = set()
    for second in range(30):
        at(f"15:37:{second}")
        prices |= {(t.instrument_id, t.last_price) for t in feed.source.quote(wanted, feed.now)}
    assert len(prices) > 3
    assert {name for name, _ in prices} == {future.id}
    late = place(future.id, quantity=lot)
    assert execution.order("run-1", late).status == "COMPLETE"
    at("15:41")
    with pytest.raises(OrderDenied, match="the market is closed"):
        place(future.id, quantity=lot)
    assert state() == "Closed, opens Wed 09:15"

"""Kite's list, quotes and candles at the sandbox's door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from packages.brokers.tests.kite.test_account import Watch
from packages.brokers.tests.kite.test_session import KITE, signed_in
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_brokers import errors as e
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.kite.market import CANDLE_DAYS, KiteQuotes
from tradertape_brokers.kite.market_mapping import candle_of, instruments_of, tick_of
from tradertape_brokers.kite.rest import HISTORY_TIMEOUT_S, TIMEOUT_S, Rest
from tradertape_brokers.limiter import Kind, Limiter, Urgency
from tradertape_brokers.port import Connection
from tradertape_core.market.candle import Interval
from tradertape_core.market.instrument import Instrument, InstrumentType
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with served_sandbox() as served:
        yield served


@pytest.fixture
def kite(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    hosts = Hosts.sandbox(f"http://127.0.0.1:{running.port}")
    yield KITE.connect(signed_in(hosts), hosts, Limiter({}), Watch())
    running.sandbox.faults.remove()


def terms(one: Instrument) -> tuple[object, ...]:
    """What Kite's list tells of an instrument."""
    is_index = one.instrument_type is InstrumentType.INDEX
    return (
        one.instrument_token, one.exchange_token, one.instrument_type, one.expiry, one.option_type,
        one.strike if one.is_option else None, is_index or (one.lot_size, one.tick_size),
    )  # fmt: skip


def test_the_list_is_what_the_sandbox_lists(running: Running, kite: Connection) -> None:
    assert kite.instruments is not None
    found = {one.id: terms(one) for one in kite.instruments.download()}
    listed = running.sandbox.exchange.instruments.all
    assert found == {one.id: terms(one) for one in listed}


@pytest.mark.parametrize("fault", [FaultKind.TRUNCATED, FaultKind.HTML, FaultKind.EMPTY])
def test_a_spoiled_list_is_unavailable(
    running: Running, kite: Connection, fault: FaultKind
) -> None:
    assert kite.instruments is not None
    running.sandbox.faults.add(FaultPlan(kind=fault))
    with pytest.raises(e.Unavailable):
        kite.instruments.download()


ROW: dict[str, Any] = {
    "instrument_token": 408065, "exchange_token": "1594", "tradingsymbol": "INFY",
    "name": "INFOSYS", "last_price": 0.0, "expiry": "", "strike": 0.0, "tick_size": 0.05,
    "lot_size": 1, "instrument_type": "EQ", "segment": "NSE", "exchange": "NSE",
}  # fmt: skip
OTHER = ROW | {"instrument_token": 1, "tradingsymbol": "TCS"}


def test_commodities_are_passed_over_and_an_option_has_its_terms() -> None:
    option = ROW | {
        "instrument_token": 2, "tradingsymbol": "NIFTY26NOV25000CE", "name": "NIFTY",
        "expiry": date(2026, 11, 24), "strike": 25000.0, "lot_size": 75, "instrument_type": "CE",
        "segment": "NFO-OPT", "exchange": "NFO",
    }  # fmt: skip
    infy, call = instruments_of([ROW, option, {"exchange": "MCX"}])
    assert (infy.id, infy.tick_size, infy.strike) == ("NSE:INFY", Decimal("0.05"), None)
    assert (call.strike, call.option_type, call.lot_size) == (25000, "CE", 75)
    assert (call.underlying, call.expiry) == ("NIFTY", date(2026, 11, 24))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ROW, OTHER | {"tradingsymbol": "INFY"}], "NSE:INFY is listed twice"),
        ([ROW, OTHER | {"instrument_token": 408065}], "NSE:TCS has the token of NSE:INFY"),
        ([], "no shares"),
        ([ROW | {"tick_size": float("nan")}], "tick_size"),
        ([ROW | {"instrument_type": "FUT"}], "no expiry"),
    ],
)
def test_an_ambiguous_list_is_refused(rows: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        instruments_of(rows)


def test_quotes_are_the_markets_and_what_is_unknown_is_left_out(
    running: Running, kite: Connection
) -> None:
    assert kite.quotes is not None
    listed = running.sandbox.exchange.instruments
    some = [listed.get("NSE:INFY"), listed.get("NSE:NIFTY 50")]
    known = [one for one in some if one is not None]
    found = kite.quotes.quotes([*known, replace(known[0], tradingsymbol="NOSUCH")])
    assert set(found) == {"NSE:INFY", "NSE:NIFTY 50"}
    infy, real = found["NSE:INFY"], running.sandbox.exchange.tick("NSE:INFY")
    assert real is not None
    assert abs(infy.last_price / real.last_price - 1) < Decimal("0.02")
    assert infy.close == real.close
    assert infy.depth is not None
    assert infy.bid is not None
    assert infy.ask is not None
    assert infy.bid < infy.ask
    with pytest.raises(e.Unavailable, match="another instrument's"):
        kite.quotes.quotes([replace(known[0], instrument_token=1)])


INFY = instruments_of([ROW])[0]


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0])
def test_no_false_price_is_read(price: float) -> None:
    with pytest.raises(ValueError, match="last_price"):
        tick_of({"instrument_token": 408065, "last_price": price}, INFY, NOW)
    good = {"date": NOW, "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1}
    assert candle_of(good, Interval.MINUTE, NOW).is_complete is False
    for name in ("open", "high", "low", "close"):
        with pytest.raises(ValueError, match=name):
            candle_of(good | {name: price}, Interval.MINUTE, NOW)


def test_no_price_is_no_quote() -> None:
    assert tick_of({"instrument_token": 408065, "last_price": 0}, INFY, NOW) is None


@pytest.mark.parametrize("interval", [Interval.MINUTE_5, Interval.MINUTE_60, Interval.DAY])
def test_candles_are_the_exchanges(running: Running, kite: Connection, interval: Interval) -> None:
    assert kite.quotes is not None
    infy = running.sandbox.exchange.instruments.get("NSE:INFY")
    assert infy is not None
    end = Watch().now() - timedelta(days=2)
    start = end - timedelta(days=130)  # more than one request of five minutes
    found = kite.quotes.candles(infy, interval, start, end)
    truth = running.sandbox.exchange.candles("NSE:INFY", interval, start, end)
    assert [(one.start, one.close, one.volume) for one in found] == [
        (one.start, one.close, one.volume) for one in truth
    ]
    assert len(found) > 50
    with pytest.raises(e.Refused, match="time zone"):
        kite.quotes.candles(infy, interval, start.replace(tzinfo=None), end)


def test_candles_may_take_longer_than_what_an_order_waits_for() -> None:
    """Thousands of candles take a busy broker, or a busy machine, longer than seven seconds."""
    rest = Rest("key", "token", limiter=Limiter({}))
    assert rest.read(lambda kite: kite.timeout, Kind.HISTORY) == HISTORY_TIMEOUT_S
    assert rest.read(lambda kite: kite.timeout, Kind.QUOTES) == TIMEOUT_S
    assert rest.write(lambda kite: kite.timeout, Urgency.EXIT) == TIMEOUT_S


@pytest.mark.parametrize("interval", list(Interval))
def test_a_long_time_is_asked_for_in_pieces_without_a_gap(interval: Interval) -> None:
    asked: list[tuple[datetime, datetime]] = []

    class Client:
        def historical_data(self, _: int, since: datetime, until: datetime, *__: Any, **___: Any):
            asked.append((since, until))
            return []

    class Rest:
        def read(self, call: Callable[[Any], Any], *_: Any) -> Any:
            return call(Client())

    most = timedelta(days=CANDLE_DAYS[interval])
    rest: Any = Rest()
    KiteQuotes(rest, Watch()).candles(INFY, interval, NOW - 2.5 * most, NOW)
    assert len(asked) == 3
    assert (asked[0][0], asked[-1][1]) == (NOW - 2.5 * most, NOW)
    assert all(until - since <= most for since, until in asked)
    assert all(b[0] - a[1] == timedelta(seconds=1) for a, b in pairwise(asked))

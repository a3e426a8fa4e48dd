"""Exits beside other exits, and exits that nobody fills (KN-03, KN-04)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tradertape_core.execution import exits
from tradertape_core.market.instrument import Instrument, InstrumentType

Json = dict[str, Any]
PUT = Instrument(
    exchange="NFO", tradingsymbol="NIFTY26AUG24000PE", instrument_token=77, exchange_token=7,
    instrument_type=InstrumentType.PE, lot_size=75, underlying="NIFTY", strike=Decimal(24_000),
    option_type="PE", expiry=date(2026, 8, 25),
)  # fmt: skip


@pytest.fixture
def begins_at() -> datetime:
    """15:00 on a Wednesday after the hours of shares and contracts went apart."""
    return datetime(2026, 8, 5, 9, 30, tzinfo=UTC)


@pytest.fixture
def caller(worker: Any, new_run: Any, container: Any, market: Any) -> Any:
    container.execution_jobs.stop()  # the broker's own square-off would come soon after
    container.guardian.stop()
    market.instruments[PUT.id] = PUT
    market.trade(PUT.id, "100.00")
    caller = worker()
    new_run(caller)
    return caller


@pytest.fixture
def held(container: Any) -> Any:
    def held() -> dict[str, int]:
        found = container.execution.positions(run_id="run-1", open_only=True)
        return {one.key.instrument.partition(":")[2]: one.quantity for one in found}

    return held


def trade(caller: Any, api: Any, buy: Any, key: str, **order: Any) -> None:
    answer = caller.post(api("runs/run-1/intents"), json=buy(key, product="MIS", **order))
    assert answer.status_code == 200, answer.text


def protect(caller: Any, api: Any, **protection: Any) -> None:
    body = {"backend_protection": protection}
    answer = caller.patch(api("runs/run-1/protection"), json=body)
    assert answer.status_code == 200, answer.text


def check_after(guardian: Any, market: Any, clock: Any, seconds: float = 0) -> None:
    clock.advance(seconds=seconds)
    market.refresh()
    guardian.check_all()


def test_contracts_are_squared_off_later_than_shares(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any
) -> None:
    trade(caller, api, buy, "share-001")
    put = {"exchange": "NFO", "tradingsymbol": PUT.tradingsymbol, "quantity": 75}
    trade(caller, api, buy, "option-01", **put)
    protect(caller, api, operations={"mis_squareoff_buffer_sec": 60})
    check_after(guardian, market, clock)
    assert held() == {"INFY": 10, PUT.tradingsymbol: 75}
    check_after(guardian, market, clock, 4 * 60)  # shares are due at 15:05
    assert held() == {PUT.tradingsymbol: 75}
    check_after(guardian, market, clock, 15 * 60)  # contracts at 15:20
    assert held() == {}


def test_a_square_off_and_a_basket_together_sell_nothing_twice(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any
) -> None:
    trade(caller, api, buy, "share-001")
    rules = {"basket": {"stoploss_pct": 2.0}, "operations": {"mis_squareoff_buffer_sec": 60}}
    protect(caller, api, **rules)
    guardian.check_all()
    market.trade("NSE:INFY", "1400.00")
    check_after(guardian, market, clock, 4 * 60)
    check_after(guardian, market, clock, 10)
    assert held() == {}


def test_a_stop_triggers_while_another_exit_of_the_run_is_open(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any
) -> None:
    trade(caller, api, buy, "share-001")
    trade(caller, api, buy, "share-002", tradingsymbol="TCS")
    protect(caller, api, positions=[stop("NSE:INFY", 1500.0), stop("NSE:TCS", 3000.0)])
    guardian.check_all()
    market.no_bids.add("NSE:INFY")
    market.trade("NSE:INFY", "1400.00")
    guardian.check_all()
    assert held() == {"INFY": 10, "TCS": 10}
    market.trade("NSE:TCS", "2800.00")
    guardian.check_all()
    assert "TCS" not in held()
    market.no_bids.clear()
    for _ in range(10):
        clock.advance(seconds=6)
        market.trade("NSE:INFY", "1400.00")
        guardian.check_all()
    assert held() == {}


def stop(name: str, price: float) -> Json:
    return {
        "symbol": name, "product": "MIS", "side": "BUY", "quantity": 10, "entry_price": price,
        "stoploss_pct": 2.0,
    }  # fmt: skip


def sales(container: Any) -> list[tuple[str, int]]:
    orders = container.execution.orders(run_id="run-1")
    return [(one.status.value, one.filled_quantity) for one in orders if one.request.side == "SELL"]


def wait(guardian: Any, market: Any, clock: Any, seconds: int, price: str) -> None:
    """The market trades at a price for some seconds, with a check every second."""
    for _ in range(seconds):
        clock.advance(seconds=1)
        market.trade("NSE:INFY", price)
        guardian.check_all()


def test_an_open_exit_order_gets_time_and_then_a_wider_limit(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any,
    container: Any,
) -> None:  # fmt: skip
    trade(caller, api, buy, "share-001")
    protect(caller, api, positions=[stop("NSE:INFY", 1500.0)])
    guardian.check_all()
    market.no_bids.add("NSE:INFY")
    market.trade("NSE:INFY", "1400.00")
    guardian.check_all()
    market.no_bids.clear()
    wait(guardian, market, clock, 9, "1350.00")  # below the band of the first attempt
    assert [status for status, _ in sales(container)] == ["OPEN"]
    wait(guardian, market, clock, 10, "1350.00")
    assert held() == {}
    assert [filled for _, filled in sales(container)] == [0, 10]


def test_an_exit_is_retried_until_it_fills(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any
) -> None:
    trade(caller, api, buy, "share-001")
    protect(caller, api, positions=[stop("NSE:INFY", 1500.0)])
    guardian.check_all()
    market.open = False  # every order is refused
    market.trade("NSE:INFY", "1400.00")
    for _ in range(40):
        check_after(guardian, market, clock, 30)
    assert held() == {"INFY": 10}
    market.open = True
    check_after(guardian, market, clock, 31)
    assert held() == {}


def test_a_run_whose_exit_failed_is_exited_again(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(exits, "MOST_ATTEMPTS", 1)
    trade(caller, api, buy, "share-001")
    protect(caller, api, operations={"exit_on_worker_stale": True, "worker_stale_sec": 30})
    market.no_bids.add("NSE:INFY")
    wait(guardian, market, clock, 30, "1500.00")
    wait(guardian, market, clock, 12, "1000.00")  # below its band
    assert caller.get(api("runs/run-1")).json()["status"] == "error"
    market.no_bids.clear()
    wait(guardian, market, clock, 10, "1000.00")
    assert held() == {}
    assert caller.get(api("runs/run-1")).json()["status"] == "closed"


def test_a_stop_sells_what_the_broker_has_and_the_rest_once_it_is_there_D11(
    caller: Any, api: Any, buy: Any, held: Any, guardian: Any, market: Any, clock: Any,
    container: Any,
) -> None:  # fmt: skip
    missing = {("NSE:INFY", "MIS"): -7}
    container.execution.bound_by(lambda _account_id: missing, lambda *_: None)
    trade(caller, api, buy, "share-001")
    protect(caller, api, positions=[stop("NSE:INFY", 1500.0)])
    guardian.check_all()
    market.trade("NSE:INFY", "1400.00")
    guardian.check_all()
    assert held() == {"INFY": 7}
    for _ in range(4):
        check_after(guardian, market, clock, 31)
    assert held() == {"INFY": 7}
    events = container.execution.events(run_id="run-1", limit=500)
    failed = [one.summary for one in events if one.event_type == "protection_exit_failed"]
    assert len(failed) == 1, "nothing is asked for again and again that is not there"
    assert "7 units are still open, and the broker has 0 of them" in failed[0]
    missing.clear()
    for _ in range(2):
        check_after(guardian, market, clock, 31)
    assert held() == {}

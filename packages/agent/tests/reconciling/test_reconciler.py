"""Drift is found in real units, explained, flagged at the second look, and never corrected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.reconciling.ignoring import Ignore


@pytest.fixture
def own(
    tmp_path: Path, cloud: FakeCloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    with machine(tmp_path, cloud, running) as made:
        yield made  # it holds 100 INFY, and shares that the cloud knows nothing of


def expect(own: Machine, quantity: float, **changes: Any) -> None:
    own.cloud.expected = [
        {
            "symbol": "INFY", "exchange": "NSE", "isin": "INE009A01021", "quantity": quantity,
            "by_portfolio": [{"portfolio_id": 7, "quantity": quantity}], "scaled": False, **changes,
        }
    ]  # fmt: skip


def item(own: Machine) -> dict[str, Any] | None:
    own.cycle()
    found = own.agent.reconciler.report["items"]
    return next((one for one in found if one["symbol"] == "NSE:INFY"), None)


def test_ar_01_equal_quantities_are_no_drift(own: Machine) -> None:
    expect(own, 100)
    assert item(own) is None
    assert own.agent.reconciler.report["summary"]["ok"] >= 1


def test_d10_scaled_units_and_real_ones_of_a_symbol_are_added(own: Machine) -> None:
    """The account was obfuscated meanwhile: its older positions are counted in real units."""
    own.agent.privacy.hear(is_obfuscated=True)
    factor = own.agent.privacy.factor.factor
    expect(own, 60)
    row = own.cloud.expected[0]
    units = float(40 * factor)
    parts = [{"portfolio_id": 8, "quantity": units}]
    own.cloud.expected.append({**row, "quantity": units, "by_portfolio": parts, "scaled": True})
    assert item(own) is None


def test_ar_01_drift_is_flagged_at_the_second_look_and_told_to_the_cloud(own: Machine) -> None:
    expect(own, 80)
    first = item(own)
    assert first is not None
    assert (first["cloud_qty"], first["broker_qty"], first["is_flagged"]) == (80, 100, False)
    second = item(own)
    assert second is not None
    assert (second["is_flagged"], second["age_cycles"]) == (True, 2)
    summary = own.cloud.posted("sync-holdings")[-1]["drift_summary"]
    assert (summary["status"], summary["drift"]) == ("drift", summary["symbols"])


def test_ar_02_what_was_never_bought_through_us_is_named_so(own: Machine) -> None:
    found = item(own)
    assert found is not None
    assert (found["classification"], found["suggested"]["action"]) == ("pre_existing", "ignore")


def test_ar_02_a_purchase_of_the_day_is_a_position_and_no_drift(own: Machine) -> None:
    own.cloud.add(1, order={"type": "market", "stop_trigger": 1})
    own.cycle()
    own.cycle()
    expect(own, 110)
    assert item(own) is None


def test_ar_02_a_purchase_on_another_terminal_is_a_manual_one(own: Machine) -> None:
    from tradertape_agent.clock import SystemClock
    from tradertape_core.orders.order import (
        Order,
        OrderRequest,
        OrderStatus,
        OrderType,
        Product,
        Side,
    )

    expect(own, 100)
    request = OrderRequest(
        exchange="NSE", tradingsymbol="INFY", side=Side.BUY, product=Product.CNC,
        order_type=OrderType.MARKET, quantity=7, market_protection=Decimal(-1),
    )  # fmt: skip
    now = SystemClock().now()
    order = Order(
        order_id="x", account="kite", run_id=None, request=request, tag="manual",
        status=OrderStatus.PUT_REQUESTED, venue="kite", placed_at=now, updated_at=now,
    )  # fmt: skip
    own.agent.desk.primary.trading.orders.submit(order)
    found = item(own)
    assert found is not None
    assert (found["difference"], found["classification"]) == (7, "manual_buy")


def test_ar_03_nothing_is_ever_corrected(own: Machine) -> None:
    expect(own, 5)
    for _ in range(5):
        own.cycle()
    assert (own.orders(), own.triggers(), own.cloud.results) == ([], [], [])


def test_ar_04_an_ignored_symbol_shows_again_when_its_drift_changes_or_time_is_over(
    own: Machine,
) -> None:
    expect(own, 80)
    now = own.watch.now()
    ignores = own.agent.ignores
    ignores.add(Ignore(symbol="NSE:INFY", difference=20, until=now + timedelta(days=1)))
    own.cycle()
    found = item(own)
    assert found is not None
    assert found["ignored"]
    assert own.agent.reconciler.report["summary"]["ignored"] == 1
    expect(own, 10)
    changed = item(own)
    assert changed is not None
    assert not changed["ignored"]
    expect(own, 80)
    own.cycle()
    assert ignores.covers("NSE:INFY", 20, now)
    assert not ignores.covers("NSE:INFY", 20, now + timedelta(days=2))
    ignores.remove("NSE:INFY")
    assert not ignores.covers("NSE:INFY", 20, now)


def test_ar_01_scaled_books_are_compared_in_real_units(own: Machine) -> None:
    own.cloud.obfuscation = True
    own.cycle()
    factor = own.agent.privacy.factor.factor
    expect(own, float(100 * factor), scaled=True)
    assert item(own) is None


def test_while_the_broker_is_away_the_report_says_so(own: Machine) -> None:
    expect(own, 100)
    own.cycle()
    own.agent.desk.primary._ended("over")
    own.agent.desk.primary.forget()
    own.cycle()
    assert own.agent.reconciler.report["status"] == "broker_unavailable"


def test_ar_02_a_sale_of_the_day_is_off_the_holdings_once(own: Machine) -> None:
    """The broker shows it as a position below 0 too."""
    own.cloud.add(1, side="SELL", kind="exit_rule", order={"type": "market"}, quantity=30)
    own.cycle()
    own.cycle()
    expect(own, 70)
    assert item(own) is None

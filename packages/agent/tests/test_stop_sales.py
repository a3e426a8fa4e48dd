"""What the agent's own stop has sold is never sold again, and the cloud's books learn of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.journal.intents import IntentState
from tradertape_agent.reporting import Outcome, Reporter


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of the brokers are tested with their adapters."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)


@pytest.fixture
def own(tmp_path: Path, cloud: FakeCloud, running: Running) -> Iterator[Machine]:
    """A machine whose purchase of ten was stopped out, beside shares of the user's own."""
    with machine(tmp_path, cloud, running, stop_loss_pct=5) as made:
        made.price("150")
        made.cloud.add(1, order={"type": "market"})
        made.cycle()
        made.cycle()
        assert len(made.triggers()) == 1
        made.price("142.3")
        made.until_fired()
        made.cycle()
        [stop] = made.agent.journal.intents.named(":stop")
        assert (stop.state, stop.filled) == (IntentState.FILLED, 10)
        yield made


def sell(own: Machine, signal_id: int, quantity: int) -> None:
    own.cloud.add(signal_id, side="SELL", kind="stop", quantity=quantity, order={"type": "market"})


def test_the_cloud_is_told_until_its_books_have_the_sale(own: Machine) -> None:
    own.cycle()
    told = own.cloud.posted("stop-filled")
    assert len(told) >= 1
    assert (told[0]["signal_id"], told[0]["idempotency_key"]) == (1, "sig-1-1")
    assert told[0]["filled_share"] == 1
    sent = len(own.orders())
    sell(own, 2, 10)
    own.cycle()
    assert own.cloud.outcomes(2) == ["filled"]
    report = own.cloud.results[-1]
    [stop] = own.agent.journal.intents.named(":stop")
    assert (report["filled_quantity"], report["average_price"]) == (10, float(stop.average))
    assert report["order_id"] == stop.order_id
    assert len(own.orders()) == sent, "the user's own shares are not sold"
    known = len(own.cloud.posted("stop-filled"))
    own.cycle()
    assert len(own.cloud.posted("stop-filled")) == known


def test_a_restart_before_the_exit_comes_sells_nothing_again(own: Machine) -> None:
    sent = len(own.orders())
    own.restart()
    sell(own, 2, 10)
    own.cycle()
    own.restart()
    own.cycle()
    assert own.cloud.outcomes(2) == ["filled"]
    assert len(own.orders()) == sent


def test_an_exit_of_more_than_the_stop_has_sold_is_refused(own: Machine) -> None:
    sent = len(own.orders())
    sell(own, 2, 25)
    own.cycle()
    assert own.cloud.outcomes(2) == ["rejected"]
    assert own.cloud.results[-1]["message"] == "its stop at the broker has sold 10 of it already"
    assert len(own.orders()) == sent
    sell(own, 3, 10)
    own.cycle()
    assert own.cloud.outcomes(3) == ["filled"]


def test_an_exit_of_what_a_gap_left_unsold_takes_the_stops_place(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with machine(tmp_path, cloud, running, stop_loss_pct=5) as own:
        own.price("150")
        own.cloud.add(1, order={"type": "market"})
        own.cycle()
        own.cycle()
        own.price("130")  # far below the stop's limit
        own.until_fired()
        own.cycle()
        [stop] = own.agent.journal.intents.named(":stop")
        assert (stop.state, stop.filled) == (IntentState.TRIGGERED, 0)
        sell(own, 2, 10)
        for _ in range(4):
            own.cycle()
        assert own.cloud.outcomes(2)[-1] == "filled"
        sold = [
            one
            for one in own.agent.journal.intents.of_states(tuple(IntentState))
            if one.key != "sig-1-1"
        ]
        assert {one.key: (one.state, one.filled) for one in sold} == {
            stop.key: (IntentState.ENDED, 0), "sig-2-1": (IntentState.FILLED, 10),
        }  # fmt: skip


def test_a_position_that_is_closed_in_the_cloud_is_not_told_again(
    own: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.cloud.stop_state = "closed"
    own.cycle()
    known = len(own.cloud.posted("stop-filled"))
    own.cycle()
    assert len(own.cloud.posted("stop-filled")) == known


def test_the_cloud_is_not_told_before_it_has_the_reports_of_the_purchase(own: Machine) -> None:
    known = len(own.cloud.posted("stop-filled"))
    row = own.agent.journal.signals.newest("1")
    assert row is not None
    reporter = Reporter(own.agent.journal, own.broker, own.agent.clock)
    with own.agent.journal.store.transaction():
        reporter.report(row, Outcome.FILLED)
    own.agent.loop._stop_sales.tell(own.agent.cloud)
    assert len(own.cloud.posted("stop-filled")) == known
    own.cycle()
    assert len(own.cloud.posted("stop-filled")) == known + 1


def test_an_exit_of_another_portfolio_is_sold_as_ever(own: Machine) -> None:
    own.cloud.add(
        2, side="SELL", kind="exit_rule", quantity=5, portfolio_id=8, order={"type": "market"}
    )
    own.cycle()
    own.cycle()
    assert own.cloud.outcomes(2)[-1] == "filled"


@pytest.mark.parametrize("part", [Decimal("10.4"), Decimal("7.2")])
def test_scaled_units_are_whole_ones_here(
    tmp_path: Path, cloud: FakeCloud, running: Running, part: Decimal
) -> None:
    """part: of ten that the stop has sold, what the cloud's whole scaled units come to."""
    cloud.obfuscation = True
    with machine(tmp_path, cloud, running, stop_loss_pct=5) as own:
        own.price("150")
        own.cycle()
        factor = own.agent.privacy.factor.factor
        bought = float(Decimal("10.4") * factor)
        own.cloud.add(1, order={"type": "market"}, quantity=bought, scaled=True)
        for _ in range(3):
            own.cycle()
        own.price("142.3")
        own.until_fired()
        own.cycle()
        sent = len(own.orders())
        own.cloud.add(
            2, side="SELL", kind="stop", quantity=float(part * factor), scaled=True,
            order={"type": "market"},
        )  # fmt: skip
        own.cycle()
        assert own.cloud.outcomes(2) == ["filled"]
        assert len(own.orders()) == sent
        assert own.cloud.posted("stop-filled")[0]["filled_share"] == 1

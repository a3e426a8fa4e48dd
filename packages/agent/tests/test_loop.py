"""From a signal of the cloud to the broker's book and back, at a real sandbox over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.approvals import decide
from tradertape_agent.cli.running import status_of
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.signals import SignalState, Verdict


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of the brokers are tested with their adapters."""
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)


@pytest.fixture
def own(tmp_path: Path, cloud: FakeCloud, running: Running) -> Iterator[Machine]:
    """A machine that executes without asking."""
    with machine(tmp_path, cloud, running) as made:
        yield made


@pytest.fixture
def asking(tmp_path: Path, cloud: FakeCloud, running: Running) -> Iterator[Machine]:
    """A machine that asks its user, as it is installed."""
    with machine(tmp_path, cloud, running, auto_execute=False) as made:
        yield made


def test_ac_08_a_poll_without_signals_is_logged(
    own: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        health = own.cycle()
    assert (health.cloud, health.broker) == ("ok", "ok")
    assert "poll: 0 new signals" in caplog.messages


def test_ae_01_nothing_is_placed_until_the_user_approves(asking: Machine) -> None:
    asking.cloud.add(1)
    for _ in range(3):
        asking.cycle()
    assert asking.triggers() == []
    assert asking.cloud.results == []
    asking.agent.journal.signals.decide("sig-1-1", Verdict.APPROVED, asking.watch.now())
    asking.cycle()
    assert len(asking.triggers()) == 1
    assert asking.cloud.outcomes(1) == ["placed"]


def test_ae_01_a_rejected_signal_is_reported_and_never_placed(asking: Machine) -> None:
    asking.cloud.add(1)
    asking.cycle()
    asking.agent.journal.signals.decide("sig-1-1", Verdict.REJECTED, asking.watch.now())
    for _ in range(2):
        asking.cycle()
    assert asking.triggers() == []
    assert [(one["outcome"], one["message"]) for one in asking.cloud.results] == [
        ("cancelled", "rejected by the user on the agent")
    ]


def test_ae_02_auto_execute_places_at_once_and_reports_every_step_to_the_fill(own: Machine) -> None:
    own.cloud.add(1)
    own.cycle()
    [trigger] = own.triggers()
    assert trigger.request.trigger_values == (Decimal(160),)
    assert trigger.request.orders[0].price == Decimal("160.5")
    own.price("160.2")
    own.until_fired()
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed", "triggered", "filled"]
    filled = own.cloud.results[-1]
    assert (filled["filled_quantity"], filled["scaled"]) == (10, False)
    [order] = own.orders()
    assert Decimal(str(filled["average_price"])) == order.trades[0].price
    assert (filled["gtt_id"], bool(filled["order_id"])) == (trigger.trigger_id, True)
    own.cycle()
    assert len(own.cloud.results) == 3
    assert own.agent.journal.signals.listed()[0].state is SignalState.ENDED


def test_ae_02_a_signal_that_the_risk_rules_refuse_is_rejected_with_the_reason(
    own: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    own.cloud.add(1, risk={"allowed": False, "reasons": ["daily loss limit of 5,000 reached"]})
    own.cloud.add(2, risk={"rules": ["daily_loss"]})
    with caplog.at_level(logging.INFO):
        own.cycle()
    assert own.cloud.outcomes(1) == ["rejected"]
    assert own.cloud.results[0]["message"] == "daily loss limit of 5,000 reached"
    assert "signal 1: rejected (daily loss limit of 5,000 reached)" in caplog.messages
    assert own.cloud.outcomes(2) == ["placed"]


def test_ae_03_failures_make_the_pause_longer_and_no_two_pauses_are_alike(own: Machine) -> None:
    own.cycle()
    usual = {own.agent.loop.pause_s() for _ in range(20)}
    assert len(usual) > 10
    assert all(4.5 <= one <= 5.5 for one in usual)
    own.cloud.is_down = True
    pauses = []
    for _ in range(8):
        own.cycle()
        pauses.append(own.agent.loop.pause_s())
    assert pauses[1] > usual.pop() * 1.5
    assert 270 <= pauses[-1] <= 330
    own.cloud.is_down = False
    own.cycle()
    assert own.agent.loop.pause_s() <= 5.5


def test_ae_04_an_immediate_order_carries_our_mark_and_market_protection(own: Machine) -> None:
    own.cloud.add(1, order={"type": "market", "tick_size": 0.05}, quantity=4)
    own.cycle()
    [order] = own.orders()
    assert order.tag.startswith("TT")
    assert order.request.market_protection != 0
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed", "filled"]


def test_ae_05_an_exit_is_a_trigger_that_sells(own: Machine) -> None:
    own.cloud.add(1, order={"type": "market"}, quantity=10)
    own.cycle()
    own.cycle()
    exit_order = {"type": "gtt_single", "trigger_price": 145, "limit_price": 144}
    own.cloud.add(2, side="SELL", kind="exit", quantity=10, order=exit_order)
    own.cycle()
    [trigger] = own.triggers()
    assert trigger.request.orders[0].side == "SELL"
    own.price("144.9")
    own.until_fired()
    own.cycle()
    assert own.cloud.outcomes(2) == ["placed", "triggered", "filled"]


def test_an_expired_signal_is_never_placed_by_the_clouds_clock(own: Machine) -> None:
    """This machine's clock is an hour behind: the cloud's decides."""
    own.watch.ahead = timedelta(0)
    own.cloud.add(1, expires_at=(own.cloud.now() + timedelta(minutes=30)).isoformat())
    own.cloud.offset = timedelta(hours=1)
    own.cloud.add(2)
    own.cycle()
    assert own.cloud.outcomes(1) == ["expired"]
    assert own.cloud.outcomes(2) == ["placed"]


def test_after_a_day_offline_only_valid_signals_are_placed_once(asking: Machine) -> None:
    for number in range(1, 21):
        end = timedelta(hours=48 if number > 15 else 1)
        asking.cloud.add(number, expires_at=(asking.cloud.now() + end).isoformat())
    asking.cycle()
    for number in range(1, 21):
        asking.agent.journal.signals.decide(f"sig-{number}-1", Verdict.APPROVED, asking.watch.now())
    asking.cloud.is_down = True
    asking.cycle()
    assert asking.triggers() == []
    asking.cloud.offset = timedelta(hours=24)
    asking.cloud.is_down = False
    for _ in range(3):
        asking.cycle()
    outcomes = [asking.cloud.outcomes(number) for number in range(1, 21)]
    assert outcomes == [["expired"]] * 15 + [["placed"]] * 5
    assert len(asking.triggers()) == 5


def test_nothing_new_is_placed_while_the_cloud_is_silent(asking: Machine) -> None:
    asking.cloud.add(1)
    asking.cycle()
    asking.agent.journal.signals.decide("sig-1-1", Verdict.APPROVED, asking.watch.now())
    asking.cloud.is_down = True
    health = asking.cycle()
    assert (health.cloud, asking.triggers()) == ("unreachable", [])


def test_the_kill_switch_stops_entries_and_lets_exits_pass(own: Machine) -> None:
    own.cloud.kill_switch = True
    own.cloud.add(1)
    own.cloud.add(
        2, side="SELL", kind="exit", order={"type": "gtt_single", "trigger_price": 140}
    )  # fmt: skip
    own.cycle()
    assert (own.cloud.outcomes(1), own.cloud.outcomes(2)) == ([], ["placed"])
    shown = status_of(own.agent.settings, own.files)
    assert (shown["kill_switch"], shown["cloud_kill_switch"]) == (False, True)
    own.cloud.kill_switch = False
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed"]


def test_results_wait_for_the_cloud_and_are_sent_in_order(own: Machine) -> None:
    own.cloud.add(1)
    own.cycle()
    own.cloud.is_down = True
    own.price("160.2")
    own.until_fired()
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed"]
    assert own.agent.journal.reports.count() == 2
    own.cloud.is_down = False
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed", "triggered", "filled"]
    assert own.agent.journal.reports.count() == 0


def test_a_report_that_the_cloud_refuses_does_not_stop_the_next(own: Machine) -> None:
    own.cloud.add(1)
    own.cloud.declines["/api/agent/signal-result"] = 422
    own.cycle()
    own.cloud.declines.clear()
    own.cloud.add(2)
    own.cycle()
    assert own.cloud.outcomes(2) == ["placed"]
    [(_, problem)] = own.agent.journal.reports.refused()
    assert "422" in problem


def test_a_signal_that_the_broker_refuses_is_rejected_with_its_words(own: Machine) -> None:
    own.cloud.add(1, order={"type": "gtt_single", "trigger_price": 150.05, "limit_price": 150.1})
    own.cycle()
    assert own.cloud.outcomes(1) == ["rejected"]
    assert own.cloud.results[0]["message"]


def test_while_signed_out_signals_wait_and_are_placed_after_the_login(own: Machine) -> None:
    from packages.agent.tests.machine import sign_in

    own.agent.desk.primary._ended("over")
    own.cloud.add(1)
    assert own.cycle().broker == "expired"
    assert own.cloud.results == []
    sign_in(own.agent)
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed"]


def test_prices_are_put_on_the_tick_away_from_the_last_price(own: Machine) -> None:
    own.cloud.add(
        1,
        order={
            "type": "gtt_single",
            "trigger_price": 160.01,
            "limit_price": 160.52,
            "tick_size": 0.05,
        },
    )
    own.cycle()
    [trigger] = own.triggers()
    assert trigger.request.trigger_values == (Decimal("160.05"),)
    assert trigger.request.orders[0].price == Decimal("160.55")


def test_ae_04_the_entry_buffer_makes_the_price_where_the_cloud_leaves_it(own: Machine) -> None:
    own.cloud.add(1, order={"type": "gtt_single", "buffer_pct": 2, "limit_offset_pct": 0.5})
    own.cycle()
    [trigger] = own.triggers()
    assert trigger.request.trigger_values == (Decimal(153),)
    assert trigger.request.orders[0].price == Decimal("153.77")


def test_a_new_version_waits_until_the_former_one_has_left_the_broker(own: Machine) -> None:
    own.cloud.add(1)
    own.cycle()
    own.cloud.items.clear()
    own.cloud.add(1, version=2, idempotency_key="sig-1-2")
    own.cycle()
    assert len(own.triggers()) == 1
    trading = own.agent.desk.primary.trading
    assert trading.gtts is not None
    trading.gtts.cancel(own.triggers()[0].trigger_id)
    own.cycle()
    own.cycle()
    assert len(own.triggers()) == 1
    assert own.cloud.outcomes(1) == ["placed", "cancelled", "placed"]


def test_paper_signals_are_left_to_the_cloud(own: Machine) -> None:
    own.cloud.add(1, paper=True)
    own.cycle()
    assert (own.cloud.results, own.agent.journal.signals.listed()) == ([], [])


def test_a_signal_that_cannot_be_read_places_nothing_and_stops_nobody(own: Machine) -> None:
    own.cloud.add(1, quantity="ten")
    own.cloud.add(2, order={"type": "iceberg"})
    own.cloud.add(3)
    own.cycle()
    assert [one["signal_id"] for one in own.cloud.results] == [3]


@pytest.mark.slow  # their lists of instruments are long
@pytest.mark.parametrize("broker", ["upstox", "groww"])
def test_ae_04_the_other_brokers_place_the_same_signal(
    tmp_path: Path, cloud: FakeCloud, running: Running, broker: str
) -> None:
    with machine(tmp_path, cloud, running, broker) as own:
        own.cloud.add(1, order={"type": "gtt_single", "trigger_price": 160, "limit_price": 160.5})
        own.cycle()
        assert own.cloud.outcomes(1) == ["placed"], own.cloud.results
        own.price("160")
        own.until_fired()
        own.cycle()
        assert own.cloud.outcomes(1)[-1] == "filled"


def approve(own: Machine, signal_id: int, verdict: Verdict = Verdict.APPROVED) -> None:
    decide(own.agent.journal, str(signal_id), verdict, own.watch)


def test_ae_01_what_the_cloud_has_not_approved_is_approved_there_first(asking: Machine) -> None:
    """Neither auto-execute nor a decision here sends what the cloud has not leased."""
    asking.cloud.add(1, requires_approval=True)
    asking.cloud.add(2, requires_approval=True)
    asking.cycle()
    assert asking.cloud.decisions == []
    approve(asking, 1)
    approve(asking, 2, Verdict.REJECTED)
    asking.cycle()
    assert sorted(asking.cloud.decisions) == [(1, "approve"), (2, "reject")]
    asking.cycle()
    assert asking.cloud.outcomes(1) == ["placed"]
    assert len(asking.triggers()) == 1


def test_an_approved_signal_that_the_cloud_cannot_place_yet_says_why(asking: Machine) -> None:
    asking.cloud.add(1, requires_approval=True)
    asking.cycle()
    approve(asking, 1)
    asking.cloud.in_cart = {"1": "The price is too close to the trigger."}
    asking.cycle()
    row = asking.agent.journal.signals.newest("1")
    assert row is not None
    assert row.reason.endswith("Not yet: The price is too close to the trigger.")
    assert asking.triggers() == []
    asking.cloud.in_cart = {}
    asking.cycle()
    assert len(asking.triggers()) == 1, "it is not asked for again"


def test_an_approved_signal_that_ends_in_the_cloud_no_longer_waits(asking: Machine) -> None:
    asking.cloud.add(1, requires_approval=True)
    asking.cycle()
    approve(asking, 1)
    asking.cloud.in_cart = {"1": "The price is too close to the trigger."}
    asking.cycle()
    signals = asking.agent.journal.signals

    def waits() -> bool:
        row = signals.newest("1")
        assert row is not None
        return row.is_approved_in_cloud

    asking.cloud.in_cart, asking.cloud.items = {}, []
    asking.cloud.kill_switch = True
    asking.cycle()
    assert waits(), "the cloud keeps it while the kill switch is on"
    asking.cloud.kill_switch = False
    asking.cycle()
    assert not waits()
    assert asking.triggers() == []


def test_auto_execute_places_nothing_that_the_cloud_has_not_approved(own: Machine) -> None:
    own.cloud.add(1, requires_approval=True)
    own.cycle()
    own.cycle()
    assert (own.triggers(), own.cloud.decisions) == ([], [])


def test_a_decision_that_comes_too_late_is_refused_with_the_reason(own: Machine) -> None:
    own.cloud.add(1)
    own.cycle()
    with pytest.raises(AgentError, match="sent to the broker already"):
        approve(own, 1, Verdict.REJECTED)
    with pytest.raises(AgentError, match="no signal 9"):
        approve(own, 9)


def test_a_withdrawn_signal_is_not_sent_and_reported_as_cancelled(asking: Machine) -> None:
    asking.cloud.add(1)
    asking.cycle()
    approve(asking, 1)
    asking.cloud.items.clear()
    asking.cloud.withdrawn = [
        {"id": 1, "idempotency_key": "sig-1-1", "reason": "kill_switch"},
        {"id": 5, "idempotency_key": "sig-5-1", "reason": "expired"},
    ]
    asking.cycle()
    assert asking.triggers() == []
    assert (asking.cloud.outcomes(1), asking.cloud.outcomes(5)) == (["cancelled"], ["cancelled"])


def test_what_the_cloud_cancels_is_cancelled_at_the_broker(own: Machine) -> None:
    own.cloud.add(1)
    own.cloud.add(2, order={"type": "limit", "limit_price": 140})
    own.cycle()
    assert (len(own.triggers()), len(own.orders())) == (1, 1)
    own.cloud.cancellations = [
        {"signal_id": number, "idempotency_key": f"sig-{number}-1", "reason": "by the person"}
        for number in (1, 2)
    ]
    own.cycle()
    own.cycle()
    assert own.triggers() == []
    assert own.cloud.outcomes(1) == own.cloud.outcomes(2) == ["placed", "cancelled"]


def test_the_local_kill_switch_stops_entries(own: Machine) -> None:
    own.agent.journal.store.set_meta("kill_switch", "on")
    own.cloud.add(1)
    own.cycle()
    assert own.triggers() == []
    own.agent.journal.store.set_meta("kill_switch", "")
    own.cycle()
    assert len(own.triggers()) == 1


def test_the_fallback_stop_rests_at_the_broker_until_the_position_is_sold(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with machine(tmp_path, cloud, running, stop_loss_pct=5) as own:
        own.cloud.add(1, order={"type": "market"})
        own.cloud.add(2, order={"type": "market", "stop_trigger": 140})
        own.cycle()
        own.cycle()
        [stop] = own.triggers()
        order = stop.request.orders[0]
        bought_at = next(one for one in own.orders()).trades[0].price
        assert (order.side, order.quantity) == ("SELL", 10)
        assert stop.request.trigger_values[0] == pytest.approx(
            bought_at * Decimal("0.95"), abs=Decimal("0.02")
        )
        own.cycle()
        assert len(own.triggers()) == 1
        own.cloud.add(3, side="SELL", kind="exit_rule", order={"type": "market"})
        own.cycle()
        own.cycle()
        own.cycle()
        assert own.triggers() == []
        assert all("stop" not in one["idempotency_key"] for one in own.cloud.results)


def test_what_was_filled_while_the_cloud_is_silent_gets_its_stop(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with machine(tmp_path, cloud, running, stop_loss_pct=5) as own:
        own.cloud.add(1)["order"]["stop_trigger"] = None
        own.cycle()
        [resting] = own.triggers()
        own.cloud.is_down = True
        own.price("160.2")
        own.until_fired()
        own.cycle()
        [stop] = own.triggers()
        assert stop.request.orders[0].side == "SELL"
        assert stop.request.trigger_values[0] < resting.request.trigger_values[0]
        own.cloud.is_down = False
        own.cycle()
        assert own.cloud.outcomes(1)[-1] == "filled"
        assert len(own.triggers()) == 1


def test_two_agents_with_one_key_place_each_signal_once(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    for number in range(1, 11):
        cloud.add(number)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with (
        machine(tmp_path / "a", cloud, running) as one,
        machine(tmp_path / "b", cloud, running) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        session = other.agent.desk.primary.session  # a second login ends the first
        assert session is not None
        one.agent.desk.primary._open(session)
        list(pool.map(lambda own: own.cycle(), [one, other]))
        list(pool.map(lambda own: own.cycle(), [one, other]))
        assert len(one.triggers()) == 10
    assert sorted(one["signal_id"] for one in cloud.results) == list(range(1, 11))


def test_what_the_cloud_no_longer_hands_out_is_not_shown_and_wants_a_new_approval(
    asking: Machine,
) -> None:
    item = asking.cloud.add(1)
    asking.cycle()
    asking.cloud.items.clear()
    approve(asking, 1)
    asking.cycle()
    [row] = asking.agent.journal.signals.listed()
    assert (row.state, row.reason) == (SignalState.ENDED, "the cloud no longer hands it out")
    asking.cloud.items.append(item)
    asking.cycle()
    assert asking.triggers() == []
    approve(asking, 1)
    asking.cycle()
    assert asking.cloud.outcomes(1) == ["placed"]


def test_a_fault_in_one_cycle_does_not_end_the_agent(
    own: Machine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    own.cloud.add(1)
    with monkeypatch.context() as broken:
        broken.setattr("tradertape_agent.loop.read_poll", lambda _: 1 / 0)
        health = own.cycle()
    assert (health.cloud, health.failures) == ("error", 1)
    assert "ZeroDivisionError" in caplog.text
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed"]

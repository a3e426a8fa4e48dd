"""Halts of rules and the kill switch: once, latched over a restart, for one person alone."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.container import Container
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.risk.market_facts import NoMarketFacts
from tradertape_server.wiring.trading import build_risk_rules

Json = dict[str, Any]
RULES, KILL = "/api/risk/rules", "/api/risk/kill"
RUN = {"strategy_run_id": "run-1"}


@pytest.fixture
def loss(place: Any, market: Any) -> Any:
    """A position of 10 INFY that has lost about 1,000 rupees."""
    assert place("key-loss1").status_code == 200
    market.trade("NSE:INFY", "1400.00")
    return None


def test_a_daily_loss_halts_entries_until_the_next_day(
    page: Any, make_rule: Any, place: Any, loss: Any, look: Any, clock: Any, market: Any
) -> None:
    make_rule("daily_loss", amount=900)
    look()
    (halt,) = page.get("/api/risk/halts").json()
    assert (halt["action"], halt["until"]) == ("halt_entries", "2026-01-06T00:00:00+05:30")
    assert 'Rejected by rule "Daily loss limit": today\'s loss ₹1,0' in halt["message"]
    state = page.get("/api/risk/state").json()
    assert (state["trading_state"], state["halted_by"]) == ("reducing", halt["message"])
    market.trade("NSE:INFY", "1600.00")  # the loss is gone, the halt is not
    refused = place("key-00002")
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "trading_halted")
    look()
    assert len(page.get("/api/risk/halts").json()) == 1, "its action is taken once"
    clock.advance(days=1)
    market.trade("NSE:INFY", "1600.00")
    look()
    assert place("key-00003").status_code == 200
    assert page.get("/api/risk/state").json()["trading_state"] == "active"


def test_an_order_that_meets_a_broken_limit_begins_the_halt_itself(
    page: Any, make_rule: Any, place: Any, loss: Any, market: Any
) -> None:
    """No entry slips between two looks of the watch."""
    make_rule("daily_loss", amount=900)
    assert place("key-00002").headers["X-Error-Code"] == "risk_rule"
    market.trade("NSE:INFY", "1600.00")
    assert place("key-00003").headers["X-Error-Code"] == "trading_halted"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_a_halt_holds_over_a_restart_and_over_the_end_of_its_rule(
    container: Container, page: Any, make_rule: Any, place: Any, loss: Any, look: Any,
    market: Any, clock: Any,
) -> None:  # fmt: skip
    rule = make_rule("daily_loss", amount=900)
    look()
    assert page.delete(f"{RULES}/{rule['id']}").status_code == 204
    market.trade("NSE:INFY", "1600.00")
    assert place("key-00002").headers["X-Error-Code"] == "trading_halted"
    container.execution.trader.stop()
    again = ExecutionService.build(container.database, clock, market)
    risk = build_risk_rules(container.database, clock, again, container.bus, NoMarketFacts())
    again.trader.start()
    try:
        from tradertape_server.features.execution.state.command import Command

        halted = again.trader.execute(Command(lambda uow: risk.gate.halted(uow, 1, "run-1")))
        assert halted is not None
        assert "Daily loss limit" in halted
    finally:
        again.trader.stop()


def test_a_drawdown_turns_the_kill_switch_on_once_and_begins_anew_after_the_release(
    page: Any, make_rule: Any, place: Any, look: Any, clock: Any, market: Any, caller: Any, api: Any
) -> None:
    assert place("key-00001", quantity=100).status_code == 200
    make_rule("drawdown_kill", pct=1)
    look()  # the peak is seen
    market.trade("NSE:INFY", "1300.00")  # about 20,000 of 10 lakh
    look()
    switch = page.get(KILL).json()
    assert (switch["active"], switch["by"]) == (True, 'rule "Drawdown stop"')
    since = switch["since"]
    look()
    assert page.get(KILL).json()["since"] == since
    assert place("key-00002").headers["X-Error-Code"] == "kill_switch_active"
    assert place("key-00003", transaction_type="SELL", quantity=1).status_code == 200
    assert caller.get(api("runs/run-1")).json()["status"] == "halted"
    assert page.post(f"{KILL}/release", json={"confirm": "RELEASE"}).status_code == 409
    clock.advance(seconds=61)
    market.trade("NSE:INFY", "1300.00")
    assert page.post(f"{KILL}/release", json={"confirm": "yes"}).status_code == 422
    assert page.post(f"{KILL}/release", json={"confirm": "RELEASE"}).json()["active"] is False
    look()
    assert page.get(KILL).json()["active"] is False
    assert place("key-00004", quantity=1).status_code == 200


def test_flatten_closes_everything_once(
    page: Any, make_rule: Any, place: Any, loss: Any, look: Any, caller: Any, api: Any
) -> None:
    make_rule("daily_loss", amount=900, action="flatten")
    for _ in range(3):
        look()
    trades = caller.get(api("trades"), params=RUN).json()["trades"]
    assert [(one["transaction_type"], one["quantity"]) for one in trades] == [
        ("BUY", 10), ("SELL", 10),
    ]  # fmt: skip


def test_three_losses_in_a_row_pause_and_the_pause_ends(
    page: Any, make_rule: Any, place: Any, look: Any, clock: Any, market: Any
) -> None:
    make_rule("loss_streak_cooldown", n=2)
    for number in range(2):
        market.trade("NSE:INFY", "1500.00")
        assert place(f"in-{number:05d}").status_code == 200
        market.trade("NSE:INFY", "1490.00")
        out = place(f"out-{number:05d}", transaction_type="SELL")
        assert out.status_code == 200
    look()
    assert place("key-00001").headers["X-Error-Code"] == "trading_halted"
    clock.advance(days=1, minutes=1)
    market.refresh()
    look()
    assert place("key-00001").status_code == 200


def test_stale_prices_refuse_while_they_are_stale(
    page: Any, make_rule: Any, place: Any, look: Any, clock: Any, market: Any
) -> None:
    make_rule("stale_data", seconds=10)
    assert place("key-00001").status_code == 200
    clock.advance(seconds=15)
    look()
    assert "the age of the oldest price 15 s" in place("key-00002").json()["detail"]
    assert page.get("/api/risk/halts").json() == []
    market.refresh()
    assert place("key-00002").status_code == 200


def test_a_profit_that_was_locked_in_is_kept(
    make_rule: Any, place: Any, look: Any, market: Any
) -> None:
    assert place("key-00001", quantity=100).status_code == 200
    make_rule("daily_profit_lock", arm_at=5_000, floor=3_000)
    market.trade("NSE:INFY", "1560.00")  # about 6,000
    look()
    market.trade("NSE:INFY", "1520.00")  # about 2,000
    look()
    assert "is below the floor ₹3,000" in place("key-00002").json()["detail"]


def test_a_halt_is_released_with_the_word_after_a_minute(
    page: Any, make_rule: Any, place: Any, loss: Any, look: Any, clock: Any, market: Any,
    sign_in: Any,
) -> None:  # fmt: skip
    make_rule("daily_loss", amount=900)
    look()
    (halt,) = page.get("/api/risk/halts").json()
    path = f"/api/risk/halts/{halt['id']}/release"
    word = {"confirm": "RELEASE"}
    assert page.post(path, json=word).headers["X-Error-Code"] == "held_for_a_minute"
    clock.advance(seconds=61)
    market.trade("NSE:INFY", "1600.00")
    assert sign_in("other@example.com").post(path, json=word).status_code == 404
    assert page.post(path, json=word).json()["released_by"] == "person@example.com"
    assert place("key-00002").status_code == 200


def test_another_persons_rules_and_halts_are_their_own(
    make_rule: Any, place: Any, loss: Any, look: Any, worker: Any, new_run: Any
) -> None:
    make_rule("daily_loss", amount=900)
    look()
    another = worker("b@example.com")
    new_run(another, "run-b")
    assert place("key-00002").status_code == 400
    assert place("key-00001", run="run-b", by=another).status_code == 200


def test_near_is_told_once_a_day_and_then_the_breach(
    container: Container, page: Any, make_rule: Any, place: Any, look: Any, market: Any
) -> None:
    heard: list[tuple[str, str]] = []
    container.risk.watch.listen(lambda notice: heard.append((notice.kind, notice.rule)))
    make_rule("daily_loss", amount=1_000)
    assert place("key-00001").status_code == 200
    market.trade("NSE:INFY", "1415.00")
    look()
    look()
    market.trade("NSE:INFY", "1390.00")
    look()
    look()
    assert heard == [("near", "Daily loss limit"), ("breached", "Daily loss limit")]


def test_evaluations_are_kept_for_half_a_year(
    container: Container, page: Any, make_rule: Any, place: Any, clock: Any, market: Any
) -> None:
    make_rule("max_positions")
    assert place("key-00001").status_code == 200
    assert container.risk.watch.clean() == 0
    clock.advance(days=181)
    assert container.risk.watch.clean() == 1
    assert container.risk.watch.clean() == 0

"""What other features store becomes notifications, once, also over a restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tradertape_server.container import Container
from tradertape_server.features.brokerage.models import BrokerSession
from tradertape_server.features.execution.state.command import Command
from tradertape_server.features.notifications.build import Notifications
from tradertape_server.features.notifications.catalogue import CATALOGUE
from tradertape_server.features.notifications.sources import portfolios, timeline
from tradertape_server.features.notifications.sources.prices import PriceSource

from .conftest import Internet, Person, Restart

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def titles(person: Person) -> list[str]:
    return [one["title"] for one in person.inbox()][::-1]


def note(
    container: Container, person: Person, event_type: str, summary: str, run_id: str = "run-1"
) -> None:
    """Something is written into the timeline, as execution does."""
    account = container.execution.account(person.id, "kite:paper-a")
    container.execution.trader.execute(
        Command(
            lambda uow: uow.note(
                account_id=account.id, run_id=run_id, kind="execution", event_type=event_type,
                source="paper", summary=summary, payload={},
            )
        )
    )  # fmt: skip


def test_events_of_the_timeline_are_told_once_and_what_was_before_is_not(
    person: Person, restart: Restart, container: Container, internet: Internet
) -> None:
    """D20: rejections and denials too; P5."""
    note(container, person, "order_rejected", "Rejected: of before")
    notes = restart()
    notes.collector.step()
    person.webhook()
    note(container, person, "order_rejected", "Rejected: BUY 10 NSE:INFY (no margin)")
    note(container, person, "order_denied", "Denied: BUY 10 NSE:TCS")
    note(container, person, "decision_of_a_worker", "Not told")
    again = restart()  # between the event and its reading
    again.collector.step()
    again.collector.step()
    notes.collector.step()
    notes.courier.run_due()
    assert titles(person) == [
        "Order rejected by the broker or exchange: Rejected: BUY 10 NSE:INFY (no margin)",
        "Order denied by safety or risk rules: Denied: BUY 10 NSE:TCS",
    ]
    (posted,) = internet.to("/hook")
    assert [one["subject"]["run_id"] for one in posted["events"]] == ["run-1", "run-1"]


def test_an_order_of_a_portfolio_leads_to_the_portfolio(
    person: Person, restart: Restart, container: Container
) -> None:
    """Its run is none of a worker's: there is no such page."""
    notes = restart()
    notes.collector.step()
    note(container, person, "order_filled", "Filled: BUY 1 NSE:INFY", "portfolio:12:1:86")
    notes.collector.step()
    (told,) = person.inbox()
    assert (told["path"], told["text"].splitlines()[1]) == (
        "/portfolios/12", "Portfolio 12 · account kite:paper-a",
    )  # fmt: skip


def test_an_order_of_another_terminal_leads_to_the_orders(
    person: Person, restart: Restart, container: Container
) -> None:
    notes = restart()
    notes.collector.step()
    note(container, person, "order_filled", "Filled: SELL 4 NSE:WIPRO", "external-orders")
    notes.collector.step()
    (told,) = person.inbox()
    assert (told["path"], told["text"].splitlines()[1]) == (
        "/trading?tab=orders", "Placed elsewhere · account kite:paper-a",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event_type", "title"),
    [
        ("gtt_disabled", "GTT disabled: nothing waits any more"),
        ("gtt_rejected", "GTT rejected by the broker"),
        ("gtt_expired", "GTT expired"),
    ],
)
def test_a_trigger_that_waits_no_longer_is_told(
    person: Person, restart: Restart, container: Container, event_type: str, title: str
) -> None:
    """D20: nobody learns otherwise that a split has ended a stop."""
    notes = restart()
    notes.collector.step()
    note(container, person, event_type, "NSE:INFY at 1450")
    notes.collector.step()
    assert titles(person) == [f"{title}: NSE:INFY at 1450"]


def test_a_source_that_fails_does_not_keep_the_others(
    person: Person, notes: Notifications, container: Container
) -> None:
    class Broken:
        name = "broken"

        def read(self, *_: Any) -> Any:
            raise RuntimeError("no")

    notes.collector._sources = (Broken(), *notes.collector._sources)  # type: ignore[assignment]
    notes.collector.step()
    note(container, person, "gtt_triggered", "Triggered")
    notes.collector.step()
    assert titles(person) == ["GTT triggered: Triggered"]


def test_a_kill_switch_is_told_when_it_is_turned_on_and_off(
    person: Person, restart: Restart, sign_in: Any, container: Container, internet: Internet,
    clock: Any,
) -> None:  # fmt: skip
    other = Person(sign_in("b@example.com"), container, internet)
    restart().collector.step()
    for path, body in (("kill", {"reason": "test"}), ("kill/release", {"confirm": "RELEASE"})):
        answer = person.client.post(f"/api/risk/{path}", json=body)
        assert answer.status_code == 200, answer.text
        restart().collector.step()
        clock.advance(seconds=62)
    assert titles(person) == ["Kill switch on", "Kill switch off"]
    assert titles(other) == []


def test_a_session_at_a_broker_that_ends_soon_and_has_ended_is_told_once(
    person: Person, restart: Restart, container: Container, clock: Any
) -> None:
    """P1: the broker's token dies every day."""
    now = datetime(2026, 1, 6, 5, 0, tzinfo=UTC)  # 10:30 in India
    clock.set_wrong(seconds=(now - clock.now()).total_seconds())
    with container.database.write() as session:
        session.add(
            BrokerSession(
                user_id=person.id, broker="kite", environment="sandbox", broker_user_id="AB1",
                generation=3, token=b"x", logged_in_at=now, expires_at=now + timedelta(minutes=20),
            )
        )  # fmt: skip
    for minutes in (0, 1, 20, 1):
        clock.advance(minutes=minutes)
        restart().collector.step()
    assert titles(person) == ["Kite: session expires soon", "Kite: session expired"]


def test_a_session_that_ends_in_the_morning_is_no_news(
    person: Person, restart: Restart, container: Container, clock: Any
) -> None:
    """It ends every day: the login of the day is asked for, once, and nothing else is said."""
    now = datetime(2026, 1, 6, 0, 10, tzinfo=UTC)  # 05:40 in India
    clock.set_wrong(seconds=(now - clock.now()).total_seconds())
    with container.database.write() as session:
        session.add(
            BrokerSession(
                user_id=person.id, broker="kite", environment="live", broker_user_id="AB1",
                generation=3, token=b"x", logged_in_at=now, expires_at=now + timedelta(minutes=20),
            )
        )  # fmt: skip
    for minutes in (0, 20, 10, 160):
        clock.advance(minutes=minutes)
        restart().collector.step()
        restart().collector.step()
    assert titles(person) == ["Kite: login needed"]


def test_a_login_is_asked_for_on_trading_days_between_a_quarter_to_nine_and_the_close(
    person: Person, restart: Restart, container: Container, clock: Any
) -> None:
    with container.database.write() as session:
        at = datetime(2026, 1, 5, 4, tzinfo=UTC)
        session.add(
            BrokerSession(
                user_id=person.id, broker="kite", environment="live", broker_user_id="AB1",
                generation=1, token=b"x", logged_in_at=at, expires_at=at + timedelta(hours=20),
                ended_at=at + timedelta(hours=20), end="expired",
            )
        )  # fmt: skip
    told = []
    for hour, day in ((2, 6), (3, 6), (4, 6), (4, 10)):  # UTC; 10 January is a Saturday
        moment = datetime(2026, 1, day, hour, 15, tzinfo=UTC)
        clock.set_wrong(seconds=(moment - clock.now()).total_seconds())
        restart().collector.step()
        told.append(len(titles(person)))
    assert told == [0, 1, 1, 1]


def test_prices_that_stop_are_told_after_a_minute_and_when_they_are_back(
    person: Person, container: Container, clock: Any
) -> None:
    stale = True
    source, state, told = PriceSource(lambda _now: stale), None, []
    for seconds, is_stale in ((0, True), (59, True), (1, True), (30, True), (1, False), (1, False)):
        clock.advance(seconds=seconds)
        stale = is_stale
        with container.database.read() as session:
            found = source.read(session, state, clock.now())
        told.append("told" in found.state)
        state = found.state
    assert told == [False, False, True, True, False, False]


def test_a_risk_rule_near_its_limit_and_broken_is_told_once_a_day(
    person: Person, notes: Notifications, clock: Any
) -> None:
    """RK: near-breach warnings; the watch says them again after a restart."""
    from tradertape_server.features.notifications.sources.risk import notice_of
    from tradertape_server.features.risk.watch import Notice as RiskNotice

    def said(kind: str) -> None:
        risk = RiskNotice(
            person.id, kind, "paper", 7, "Day's loss", "82 % of 10,000", "warning", clock.now()
        )
        notes.publish(notice_of(risk))

    for kind in ("near", "near", "breached", "halt", "breached"):
        said(kind)
    clock.advance(days=1)
    said("near")
    assert titles(person) == [
        "Day's loss: near its limit", "Day's loss: limit reached", "Day's loss: trading halted",
        "Day's loss: near its limit",
    ]  # fmt: skip


def test_every_source_tells_of_events_that_are_in_the_catalogue(engine: str) -> None:
    told = {*timeline.EVENTS.values(), *(event for event, _ in portfolios._EVENTS.values())}
    assert told <= CATALOGUE.keys()
    assert "signal.awaiting_approval" in told


def test_signals_that_await_approval_and_scans_are_told_once(
    with_market: None, person: Person, restart: Restart, container: Container, clock: Any,
    internet: Internet,
) -> None:  # fmt: skip
    """SG: a signal is told with buttons; approving it by the chat puts it into the cart."""
    from datetime import time

    from tradertape_core.kernel.clock import IST

    from .conftest import message, pressed

    container.portfolios.schedule.stop()
    notes = restart()
    channel = person.telegram(notes)["id"]
    client = person.client
    _, columns = container.market.columns()
    days = columns.dates.astype("datetime64[D]").tolist()
    strategy = client.post("/api/strategies", json={"name": "S", "base_model": "v1_momentum"})
    body = {"strategy_id": strategy.json()["id"], "name": "P", "universe": "nifty_50"}
    portfolio = client.post("/api/model/portfolios/deploy", json=body).json()
    for day in days[-30:]:
        evening = datetime.combine(day, time(19), IST)
        clock.set_wrong(seconds=(evening - clock.now()).total_seconds())
        scan = {"portfolio_id": portfolio["id"], "as_of": day.isoformat()}
        assert client.post("/api/model/scan", json=scan).status_code == 200
        found = client.get("/api/model/signals?status=pending_approval").json()
        if found:
            break
    assert found
    notes.collector.step()
    restart().collector.step()
    notes.courier.run_due()
    waiting = [one for one in person.inbox() if one["event"] == "signal.awaiting_approval"]
    assert sorted(one["subject"]["signal_id"] for one in waiting) == sorted(
        one["id"] for one in found
    )
    (said,) = internet.said()
    buttons = said["reply_markup"]["inline_keyboard"]
    assert buttons[0][0]["callback_data"].startswith("approve:")
    assert buttons[0][0]["text"].startswith("Approve: BUY ")
    assert buttons[0][0]["text"].endswith(" · PAPER"), "the same signal may be of a live portfolio"
    pressed_id = int(buttons[0][0]["callback_data"].partition(":")[2])
    answer = notes.desk.answer(channel, pressed(f"approve:{pressed_id}"))
    assert answer is not None
    assert "is in the cart" in answer.text
    twice = notes.desk.answer(channel, pressed(f"approve:{pressed_id}"))
    assert twice is not None
    assert "is in the cart" not in twice.text
    place = answer.buttons[0][0][0]
    assert place.startswith("Place BUY ")
    assert place.endswith(" · PAPER")
    client.post(f"/api/model/signals/{pressed_id}/reject")
    late = notes.desk.answer(channel, pressed(f"place:{pressed_id}"))
    assert late is not None
    assert "is not in the cart: it is rejected." in late.text
    status = notes.desk.answer(channel, message("/status"))
    assert status is not None
    assert f"Signals awaiting approval: {len(found) - 1}" in status.text

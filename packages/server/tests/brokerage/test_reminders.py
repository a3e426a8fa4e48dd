"""AU-16: mails to those who must sign in before the market opens, or whose session ended early."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from packages.server.tests.conftest import FrozenClock
from packages.server.tests.doubles.scripted_broker import ending_at, session_at

from tradertape_server.container import Container
from tradertape_server.features.brokerage.accounts import Environment

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)  # a trading day


def ist(day: int, hour: int, minute: int) -> datetime:
    """A moment of January 2026 in India's time."""
    total = (hour * 60 + minute) - 330
    return MONDAY.replace(day=day).replace(hour=total // 60 % 24, minute=total % 60)


@pytest.fixture
def begins_at() -> datetime:
    return ist(5, 9, 20)


@pytest.fixture
def overrides() -> dict[str, Any]:
    """A Kite that nobody reaches."""
    return {"kite_root": "http://127.0.0.1:1", "kite_ticker_root": "ws://127.0.0.1:1"}


class Person:
    """A signed-in person with a session at Kite that ended at 06:00."""

    def __init__(self, client: Any, container: Container, clock: FrozenClock) -> None:
        self.client, self.container, self.clock = client, container, clock
        self.user_id: int = client.get("/api/auth/me").json()["id"]

    def sign_in_at_kite(self, environment: Environment = Environment.LIVE) -> None:
        session = ending_at(session_at(self.clock.now()), ist(self.clock.now().day + 1, 6, 0))
        self.container.connections.connect(self.user_id, environment, session)
        self.container.connections.step()

    def at(self, day: int, hour: int, minute: int) -> int:
        """Set the clock forward; how many mails are due."""
        gap = ist(day, hour, minute) - self.clock.now()
        self.clock.advance(seconds=gap.total_seconds())
        self.container.connections.step()
        return self.container.reminders.remind()

    def mails(self) -> list[str]:
        self.container.mailer.wait_until_sent()
        outbox: Path = self.container.settings.effective_home / "outbox"
        return sorted(path.read_text() for path in outbox.glob("*.eml")) if outbox.exists() else []


@pytest.fixture
def person(sign_in: Any, container: Container, clock: FrozenClock) -> Person:
    return Person(sign_in(), container, clock)


def test_one_reminder_on_a_trading_day_with_a_link_that_begins_the_login(
    person: Person, newest_mail: Any
) -> None:
    person.sign_in_at_kite()
    assert person.at(5, 15, 0) == 0, "signed in"
    assert person.at(6, 8, 44) == 0, "not yet"
    assert person.at(6, 8, 45) == 1
    assert person.at(6, 8, 50) == 0, "once a day"
    mail: EmailMessage = newest_mail()
    assert mail["To"] == "person@example.com"
    assert mail["Subject"] == "TraderTape: sign in to Zerodha Kite"
    assert "http://localhost:18777/api/brokers/kite/login" in mail.get_content()
    assert person.at(7, 9, 0) == 1, "the next day again, late too"


def test_no_reminder_on_holidays_after_the_close_or_to_those_who_are_signed_in(
    person: Person,
) -> None:
    person.sign_in_at_kite()
    assert person.at(6, 15, 31) == 0
    assert person.at(10, 8, 50) == 0, "a Saturday"
    assert person.at(12, 8, 40) == 0
    person.sign_in_at_kite()
    assert person.at(12, 8, 50) == 0


def test_whoever_signed_out_left_or_uses_a_sandbox_is_not_reminded(person: Person) -> None:
    person.sign_in_at_kite()
    found = person.container.connections.of(person.user_id, "kite")
    assert found is not None
    person.container.connections.disconnect(found.account, "You signed out.")
    assert person.at(6, 8, 45) == 0, "it was wanted so"
    person.sign_in_at_kite()
    assert person.at(7, 8, 45) == 1
    assert person.at(19, 8, 45) == 0, "not used for more than a week"
    person.container.connections.addresses.use_sandbox("http://127.0.0.1:1")
    person.sign_in_at_kite(Environment.SANDBOX)
    assert person.at(20, 8, 45) == 0, "nobody's money"


def test_an_open_live_run_is_a_reason_for_a_reminder_of_its_own(person: Person) -> None:
    person.sign_in_at_kite()
    found = person.container.connections.of(person.user_id, "kite")
    assert found is not None
    person.container.connections.disconnect(found.account, "You signed out.")
    person.container.reminders.live_scopes = lambda _s: {(person.user_id, "kite:SB0001")}
    assert person.at(20, 8, 45) == 1
    assert "A live run waits for it." in person.mails()[-1]


def test_preferences_are_kept_and_obeyed(person: Person) -> None:
    url = "/api/brokers/preferences"
    assert person.client.get(url).json() == {"mails_expiry": True, "mails_reminder": True}
    wanted = {"mails_expiry": False, "mails_reminder": False}
    assert person.client.put(url, json=wanted).json() == wanted
    assert person.client.get(url).json() == wanted
    person.sign_in_at_kite()
    assert person.at(6, 8, 45) == 0
    person.sign_in_at_kite()
    person.container.connections.expire_all(Environment.LIVE, "killed by a second login")
    person.container.connections.step()
    assert person.mails() == []


def test_whose_channel_is_sent_the_notification_gets_no_mail_beside_it(person: Person) -> None:
    """One message of a login that is needed, and one of a session that ended: not two."""
    made = person.client.post("/api/notifications/channels", json={"kind": "email", "name": "m"})
    assert made.status_code in (200, 201), made.text
    person.sign_in_at_kite()
    assert person.at(6, 8, 45) == 0
    person.sign_in_at_kite()
    person.container.connections.expire_all(Environment.LIVE, "another login took its place")
    person.container.connections.step()
    assert person.mails() == []
    (channel,) = person.client.get("/api/notifications/channels").json()
    wishes = {"modes": {"broker.login_needed": {str(channel["id"]): "off"}}}
    changed = person.client.patch("/api/notifications/settings", json=wishes)
    assert changed.status_code == 200, changed.text
    assert person.at(7, 8, 45) == 1, "switched off there: the mail is sent"


def test_a_session_that_ends_in_trading_hours_is_told_once(person: Person) -> None:
    """FAULTS §3: killed by a second login: one notice."""
    stored = person.client.put("/api/brokers/kite/credentials", json={"api_key": "sandbox"})
    assert stored.status_code == 200
    person.sign_in_at_kite()
    for _ in range(3):
        person.container.connections.expire_all(Environment.LIVE, "another login took its place")
        person.container.connections.step()
    until = time.monotonic() + 10
    while not person.mails():  # the server's own thread may tell of the end
        assert time.monotonic() < until, "no mail"
    (mail,) = person.mails()
    assert "another login took its place" in mail
    assert "/api/brokers/kite/login" in mail
    banner = person.client.get("/api/brokers/kite").json()["session"]
    assert (banner["connected"], banner["end"]) == (False, "expired")
    assert banner["reason"] == "another login took its place."
    assert banner["login_url"].endswith("/api/brokers/kite/login")


def test_the_daily_end_at_six_sends_no_mail_of_its_own(person: Person) -> None:
    person.sign_in_at_kite()
    assert person.at(6, 6, 1) == 0
    assert person.mails() == []

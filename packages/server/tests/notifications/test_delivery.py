"""The outbox of notifications: each event once to each channel, whatever fails or hangs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tradertape_server.features.notifications import repository
from tradertape_server.features.notifications.build import Notifications
from tradertape_server.features.notifications.delivery import PAUSES, STOPPED

from .conftest import Internet, Person, Restart, eventually


def test_an_event_goes_once_to_every_channel_and_to_the_bell(
    person: Person, notes: Notifications, internet: Internet, mail_server: Any
) -> None:
    """D20: Telegram, e-mail, webhook and in-app."""
    person.webhook()
    person.telegram(notes)
    person.add("email")
    person.happens(notes, "a")
    person.happens(notes, "a")  # the same again
    notes.courier.run_due()
    notes.courier.run_due()
    (posted,) = internet.to("/hook")
    assert [one["title"] for one in posted["events"]] == ["Title a"]
    (said,) = internet.said()
    assert said["chat_id"] == 4711
    assert "Title a" in said["text"]
    (mail,) = mail_server.received
    assert "To: person@example.com" in mail
    assert [one["title"] for one in person.inbox()] == ["Title a"]
    assert [one["status"] for one in person.log()] == ["sent"] * 3


def test_a_webhook_is_signed_as_its_owner_can_check(
    person: Person, notes: Notifications, internet: Internet
) -> None:
    secret = person.webhook()["signing_secret"]
    person.happens(notes, "a")
    notes.courier.run_due()
    ((_, headers, body),) = internet.posts
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert json.loads(body)["id"] == headers["webhook-id"]


def test_a_refusal_for_now_is_tried_again_as_the_same_message_with_growing_pauses(
    person: Person, notes: Notifications, internet: Internet, clock: Any
) -> None:
    person.webhook()
    internet.status["/hook"] = [503, 500]
    person.happens(notes, "a")
    notes.courier.run_due()
    first = person.log()[0]
    person.happens(notes, "b")  # does not become part of the message that is tried again
    for pause in PAUSES[:2]:
        assert internet.to("/hook") == [] or pause != PAUSES[0]
        clock.advance(seconds=pause)
        notes.courier.run_due()
    bodies = internet.to("/hook")
    assert sorted(one["title"] for body in bodies for one in body["events"]) == [
        "Title a", "Title b",
    ]  # fmt: skip
    assert not any(one["repeat"] for one in bodies)
    (entry, _) = person.log()
    assert entry["id"] == first["id"]
    assert [one["outcome"] for one in entry["attempts"]] == ["not_sent", "not_sent", "sent"]
    assert "answered 503" in entry["attempts"][0]["reason"]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
def test_a_refusal_for_good_is_not_repeated_and_redirects_are_not_followed(
    person: Person, notes: Notifications, internet: Internet, clock: Any, status: int
) -> None:
    person.webhook()
    internet.status["/hook"] = [status]
    person.happens(notes, "a")
    notes.courier.run_due()
    clock.advance(hours=3)
    notes.courier.run_due()
    (entry,) = person.log()
    assert entry["status"] == "failed"
    assert len(entry["attempts"]) == 1
    assert internet.posts == []


def test_after_the_last_attempt_it_is_given_up_and_the_channel_says_why(
    person: Person, notes: Notifications, internet: Internet, clock: Any
) -> None:
    person.webhook()
    internet.status["/hook"] = [500] * 50
    person.happens(notes, "a")
    for pause in (0, *PAUSES, 10_000):
        clock.advance(seconds=pause)
        notes.courier.run_due()
    (entry,) = person.log()
    assert entry["status"] == "failed"
    assert len(entry["attempts"]) == len(PAUSES) + 1
    (channel,) = person.client.get("/api/notifications/channels").json()
    assert channel["last_error"] == "127.0.0.1 answered 500."


def test_telegrams_request_for_a_pause_is_kept(
    person: Person, notes: Notifications, internet: Internet, clock: Any
) -> None:
    person.telegram(notes)
    path = f"/bot{'123456789:AAE-canary-bot-token-canary-bot-tok'}/sendMessage"
    internet.status[path] = [429]
    person.happens(notes, "a")
    notes.courier.run_due()
    clock.advance(seconds=6)
    notes.courier.run_due()
    assert internet.said() == []
    clock.advance(seconds=1)
    notes.courier.run_due()
    assert len(internet.said()) == 1


class TestRestart:
    """Nothing is lost over a restart, and nothing is repeated but what may have arrived."""

    def test_what_was_waiting_is_sent_after_a_restart(
        self, person: Person, restart: Restart, internet: Internet
    ) -> None:
        person.webhook()
        person.happens(restart(), "a", "b")
        restart().courier.run_due()
        restart().courier.run_due()
        (posted,) = internet.to("/hook")
        assert len(posted["events"]) == 2

    def test_what_was_being_sent_may_have_arrived_and_is_sent_once_more_saying_so(
        self, person: Person, restart: Restart, internet: Internet, clock: Any, container: Any
    ) -> None:
        person.webhook()
        dead = restart()
        person.happens(dead, "a")
        (taken,) = dead.courier._take()  # and the process ends here
        dead.courier._leases.stop()
        if not container.database.is_sqlite:
            _expire_leases(container)
        again = restart()
        again.courier.run_due()
        assert internet.posts == []
        clock.advance(seconds=PAUSES[0])
        again.courier.run_due()
        (posted,) = internet.to("/hook")
        assert posted["repeat"] is True
        assert posted["id"] == taken.message.id
        (entry,) = person.log()
        assert entry["attempts"][0]["reason"] == STOPPED
        assert entry["status"] == "sent"
        assert entry["is_repeat"]

    def test_a_process_that_lost_its_lease_does_not_record_over_the_other(
        self, person: Person, restart: Restart, internet: Internet, container: Any
    ) -> None:
        person.webhook()
        slow = restart()
        person.happens(slow, "a")
        (parcel,) = slow.courier._take()
        _expire_leases(container)
        other = restart()
        other.courier.run_due()  # finds it without a holder
        before = person.log()
        from tradertape_server.features.notifications.channels.message import Outcome

        slow.courier._record(parcel, Outcome("sent"))
        assert person.log() == before
        assert before[0]["status"] == "waiting"
        slow.courier._leases.stop()


def _expire_leases(container: Any) -> None:
    from sqlalchemy import text

    with container.database.write() as session:
        if container.database.is_sqlite:
            session.execute(text("UPDATE job_leases SET owner = 'gone'"))
        else:
            session.execute(text("UPDATE job_leases SET expires_s = 0"))


def test_a_channel_that_hangs_does_not_delay_another_channel_or_person(
    person: Person, restart: Restart, internet: Internet, sign_in: Any, container: Any
) -> None:
    import threading

    notes = restart()
    internet.hangs["/slow"] = threading.Event()
    person.webhook("/slow")
    person.webhook("/fast")
    other = Person(sign_in("b@example.com"), container, internet)
    other.webhook("/others")
    notes.courier.start()
    person.happens(notes, "a")
    other.happens(notes, "a")
    eventually(lambda: len(internet.to("/fast")) == 1 and len(internet.to("/others")) == 1)
    assert internet.to("/slow") == []
    internet.hangs["/slow"].set()
    eventually(lambda: {one["status"] for one in person.log()} == {"sent"})
    notes.courier.stop()


def test_a_flood_becomes_few_messages_and_critical_ones_come_first(
    person: Person, notes: Notifications, internet: Internet
) -> None:
    person.telegram(notes)
    person.happens(notes, *(f"fill-{n}" for n in range(300)), event="order.filled")
    person.happens(notes, "bad")
    notes.courier.run_due()
    (said,) = internet.said()
    assert "Title bad" in said["text"].splitlines()[0]
    assert "more in the console" in said["text"]
    assert len(said["text"]) <= 4096
    assert {one["status"] for one in person.log()} == {"sent"}


def test_a_channel_gets_so_many_messages_a_minute_and_the_rest_together(
    person: Person, notes: Notifications, internet: Internet, clock: Any
) -> None:
    person.telegram(notes)
    for number in range(30):
        person.happens(notes, f"{number}")
        notes.courier.run_due()
    assert len(internet.said()) == 20
    clock.advance(minutes=1, seconds=1)
    notes.courier.run_due()
    assert len(internet.said()) == 21
    assert internet.said()[-1]["text"].count("Title") == 10


class TestWhen:
    """Quiet hours, digest and switches."""

    def at(self, clock: Any, hour: int, minute: int = 0) -> None:
        """Set the clock to a time in India on 6 January 2026."""
        wanted = datetime(2026, 1, 6, hour, minute, tzinfo=UTC) - timedelta(hours=5, minutes=30)
        clock.set_wrong(seconds=(wanted - clock.now()).total_seconds())

    def test_quiet_hours_hold_back_all_but_critical_events(
        self, person: Person, notes: Notifications, internet: Internet, clock: Any
    ) -> None:
        person.webhook()
        person.choose(quiet_from=22 * 60, quiet_to=7 * 60)
        self.at(clock, 23)
        person.happens(notes, "fill", event="order.filled")
        person.happens(notes, "rejected", event="order.rejected")
        notes.courier.run_due()
        (posted,) = internet.to("/hook")
        assert [one["title"] for one in posted["events"]] == ["Title rejected"]
        clock.advance(hours=8, seconds=1)
        notes.courier.run_due()
        assert len(internet.to("/hook")) == 2
        assert len(person.inbox()) == 2

    def test_a_digest_is_one_message_a_day(
        self, person: Person, notes: Notifications, internet: Internet, clock: Any
    ) -> None:
        channel = str(person.webhook()["channel"]["id"])
        person.choose(modes={"order.filled": {channel: "digest"}}, digest_at=18 * 60)
        self.at(clock, 10)
        person.happens(notes, "a", event="order.filled")
        clock.advance(hours=1)
        person.happens(notes, "b", event="order.filled")
        notes.courier.run_due()
        assert internet.posts == []
        clock.advance(hours=7)
        notes.courier.run_due()
        (posted,) = internet.to("/hook")
        assert len(posted["events"]) == 2

    def test_an_event_that_is_off_everywhere_is_not_stored(
        self, person: Person, notes: Notifications, internet: Internet
    ) -> None:
        channel = str(person.webhook()["channel"]["id"])
        person.choose(modes={"order.filled": {channel: "off", "in_app": "off"}})
        person.happens(notes, "a", event="order.filled")
        notes.courier.run_due()
        assert (internet.posts, person.inbox(), person.log()) == ([], [], [])

    def test_a_channel_that_is_off_gets_nothing(
        self, person: Person, notes: Notifications, internet: Internet, container: Any
    ) -> None:
        channel = person.webhook()["channel"]["id"]
        person.happens(notes, "before")
        url = f"/api/notifications/channels/{channel}"
        assert person.client.patch(url, json={"is_enabled": False}).status_code == 200
        person.happens(notes, "after")
        notes.courier.run_due()
        assert internet.posts == []
        assert [one["status"] for one in person.log()] == ["cancelled"]
        with container.database.read() as session:
            assert repository.unread(session, person.id)[0] == 2


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_two_processes_deliver_each_event_once(
    person: Person, restart: Restart, internet: Internet
) -> None:
    """SKIP LOCKED and leases: two couriers on one database."""
    for number in range(3):
        person.webhook(f"/hook{number}")
    first, second = restart(), restart()
    first.courier.start()
    second.courier.start()
    for number in range(60):
        person.happens(first, f"{number}")
        first.courier.wake()
        second.courier.wake()

    def titles(path: str) -> list[str]:
        return sorted(one["title"] for body in internet.to(path) for one in body["events"])

    wanted = sorted(f"Title {number}" for number in range(60))
    eventually(lambda: all(len(titles(f"/hook{n}")) >= 60 for n in range(3)), within_s=30)
    assert all(titles(f"/hook{n}") == wanted for n in range(3))
    eventually(lambda: {one["status"] for one in person.log()} == {"sent"})

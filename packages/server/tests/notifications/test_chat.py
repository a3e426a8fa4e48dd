"""A linked chat: only it is obeyed, and what it asks is done once."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.features.notifications.build import Notifications
from tradertape_server.features.notifications.chat import NOT_LINKED, STALE_AFTER
from tradertape_server.platform.errors import Conflict

from .conftest import CHAT, TOKEN, Internet, Person, Restart, eventually, message, pressed

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
OTHER_TOKEN = "987654321:AAE-another-bot-token-another-bot-tok"


class Asked:
    """What a chat asked for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []

    def pending(self, user_id: int) -> list[tuple[int, str, str]]:
        return [(5, "BUY 10 INFY · LIVE", "BUY 10 INFY")]

    def approve(self, user_id: int, signal_id: int) -> tuple[str, str]:
        self.calls.append(("approve", user_id, signal_id))
        return "in the cart", "Place BUY 10 INFY · LIVE"

    def reject(self, user_id: int, signal_id: int) -> str:
        raise Conflict("Signal 5 is approved and cannot be rejected")

    def place(self, user_id: int, signal_id: int) -> str:
        self.calls.append(("place", user_id, signal_id))
        return "placed"

    def status(self, user_id: int) -> str:
        return "all well"

    def positions(self, user_id: int) -> str:
        raise RuntimeError("canary: internal text")

    def summary(self, user_id: int) -> str:
        return "the day"

    def stop_everything(self, user_id: int) -> str:
        self.calls.append(("kill", user_id, 0))
        return "stopped"


@pytest.fixture
def asked(notes: Notifications) -> Asked:
    found = Asked()
    desk = notes.desk
    object.__setattr__(desk, "actions", found)
    desk.__post_init__()
    return found


def said(notes: Notifications, channel: int, update: Any) -> str:
    answer = notes.desk.answer(channel, update)
    assert answer is not None
    return answer.text


def test_commands_and_buttons_of_the_linked_chat_are_obeyed(
    person: Person, notes: Notifications, asked: Asked
) -> None:
    """D20: /status /positions /pending, approve, reject, kill."""
    channel = person.telegram(notes)["id"]
    assert said(notes, channel, message("/status")) == "all well"
    assert said(notes, channel, message("/summary")) == "the day"
    pending = notes.desk.answer(channel, message("/pending"))
    assert pending is not None
    assert pending.buttons == [
        [("Approve: BUY 10 INFY · LIVE", "approve:5"), ("Reject", "reject:5")]
    ]
    approved = notes.desk.answer(channel, pressed("approve:5"))
    assert approved is not None
    assert approved.buttons == [[("Place BUY 10 INFY · LIVE", "place:5")]]
    assert said(notes, channel, pressed("place:5")) == "placed"
    assert said(notes, channel, pressed("reject:5")).endswith("cannot be rejected")
    assert said(notes, channel, message("/kill@my_bot")) == "stopped"
    assert [one[0] for one in asked.calls] == ["approve", "place", "kill"]
    assert {one[1] for one in asked.calls} == {person.id}


@pytest.mark.parametrize(
    "update",
    [message("/kill", 666), pressed("approve:5", 666), pressed("approve:5", CHAT, sender=666)],
)
def test_another_chat_or_sender_is_not_obeyed(
    person: Person, notes: Notifications, asked: Asked, update: Any
) -> None:
    channel = person.telegram(notes)["id"]
    assert said(notes, channel, update) == NOT_LINKED
    assert asked.calls == []


def test_a_code_links_once_in_a_private_chat_and_for_fifteen_minutes(
    person: Person, notes: Notifications, clock: Any
) -> None:
    made = person.add("telegram", bot_token=TOKEN)
    channel, code = made["channel"]["id"], made["link"]["code"]
    assert made["link"]["url"] == f"https://t.me/my_bot?start={code}"
    assert "wrong or has expired" in said(notes, channel, message("/start guess"))
    group = message(f"/start {code}", -100)
    group["message"]["chat"]["type"] = "group"
    assert "private chat" in said(notes, channel, group)
    clock.advance(minutes=16)
    assert "wrong or has expired" in said(notes, channel, message(f"/start {code}"))
    url = f"/api/notifications/channels/{channel}/link"
    fresh = person.client.post(url).json()["code"]
    assert person.client.get("/api/auth/me").json()["telegram_linked"] is False
    (shown,) = person.client.get("/api/notifications/channels").json()
    assert shown["linked_at"] is None
    clock.advance(seconds=5)
    assert said(notes, channel, message(f"/start {fresh}")).startswith("This chat is linked")
    (shown,) = person.client.get("/api/notifications/channels").json()
    clock.advance(seconds=5)
    anew = person.client.post(url).json()
    assert shown["linked_at"] < anew["made_at"], "the console waits for this code, not the last"
    clock.advance(seconds=5)
    said(notes, channel, message(f"/start {anew['code']}"))
    (shown,) = person.client.get("/api/notifications/channels").json()
    assert shown["linked_at"] > anew["made_at"], "the same person's chat, linked anew"
    assert person.client.get("/api/auth/me").json()["telegram_linked"] is True
    assert "wrong or has expired" in said(notes, channel, message(f"/start {fresh}", 666))


def test_an_instruction_of_before_is_not_obeyed_later_but_a_kill_switch_is(
    person: Person, notes: Notifications, asked: Asked, clock: Any
) -> None:
    channel = person.telegram(notes)["id"]
    at = clock.now().timestamp()
    clock.advance(seconds=STALE_AFTER.total_seconds() + 1)
    assert "send it again" in said(notes, channel, message("/status", at=at))
    assert said(notes, channel, message("/kill", at=at)) == "stopped"


def test_a_failure_is_said_without_what_is_inside(
    person: Person, notes: Notifications, asked: Asked
) -> None:
    channel = person.telegram(notes)["id"]
    text = said(notes, channel, message("/positions"))
    assert text == "That did not work: see the console."


@pytest.mark.parametrize(
    "update",
    [{}, {"message": None}, {"message": {"chat": 1}}, {"callback_query": {"id": "1"}},
     {"message": {"from": {"id": "x"}, "chat": {"id": 1}, "text": "a"}}, {"edited_message": {}}],
)  # fmt: skip
def test_updates_of_no_interest_are_passed_over(
    person: Person, notes: Notifications, update: Any
) -> None:
    channel = person.telegram(notes)["id"]
    assert notes.desk.answer(channel, update) is None


def test_the_bot_is_read_by_long_polling_and_goes_on_after_a_restart(
    person: Person, restart: Restart, internet: Internet, container: Any
) -> None:
    first = restart()
    person.telegram(first)
    internet.updates = [message("/status", number=10)]
    first.bots.start()
    eventually(lambda: len(internet.said()) == 1)
    assert "Kill switch: off" in internet.said()[0]["text"]
    first.bots.stop()
    second = restart()
    internet.updates.append(message("/pending", number=11))
    second.bots.start()
    eventually(lambda: len(internet.said()) == 2)
    second.bots.stop()
    assert internet.said()[1]["text"] == "No signal awaits approval."


def test_the_summary_is_the_day_in_figures(person: Person, notes: Notifications) -> None:
    channel = person.telegram(notes)["id"]
    text = said(notes, channel, message("/summary"))
    assert text.startswith("Portfolios: 0, worth ₹0.00\n")
    assert "Signals awaiting approval: 0" in text
    assert text.splitlines()[-1].startswith("Next scan ")


def test_kill_by_chat_turns_the_kill_switch_on_and_everybody_concerned_hears_it(
    person: Person, notes: Notifications, internet: Internet
) -> None:
    channel = person.telegram(notes)["id"]
    notes.collector.step()
    assert "kill switch is ON" in said(notes, channel, message("/kill"))
    assert person.client.get("/api/risk/kill").json()["active"]
    notes.collector.step()
    notes.courier.run_due()
    assert "Kill switch on" in internet.said()[-1]["text"]


def test_a_bot_serves_one_channel_and_a_wrong_token_is_refused(
    person: Person, sign_in: Any, container: Any, internet: Internet
) -> None:
    person.add("telegram", bot_token=TOKEN)
    other = Person(sign_in("b@example.com"), container, internet)
    other.add("telegram", status=409, bot_token=TOKEN)
    person.add("telegram", status=422, bot_token="not a token")
    internet.status[f"/bot{OTHER_TOKEN}/getMe"] = [401]
    person.add("telegram", status=422, bot_token=OTHER_TOKEN)

"""Calls of the admin door on the whole sandbox, with every broker's interface."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from packages.sandbox.tests.kite.served_kite import ServedKite, served_kite

PROFILE = ("GET", "/user/profile")


@pytest.fixture
def kite() -> ServedKite:
    served = served_kite()
    served.sign_in()
    return served


def admin(kite: ServedKite, method: str, path: str, **body: Any) -> Any:
    """Call the door without time having passed; the reply."""
    reply = kite.at_once(method, f"/admin{path}", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_clock_is_set_moved_stopped_and_released(kite: ServedKite) -> None:
    at = "2026-11-24T11:00:00+05:30"
    assert admin(kite, "PUT", "/clock", at=at)["now"] == at
    assert admin(kite, "PUT", "/clock", by_s=90)["now"] == "2026-11-24T11:01:30+05:30"
    assert admin(kite, "PUT", "/clock", rate=0)["rate"] == 0
    stopped = admin(kite, "GET", "/")["now"]
    kite.step(600)
    assert admin(kite, "GET", "/")["now"] == stopped
    released = datetime.fromisoformat(admin(kite, "DELETE", "/clock")["now"])
    assert released == kite.clock.now()


def test_sessions_of_one_broker_or_of_all_are_ended(kite: ServedKite) -> None:
    assert admin(kite, "POST", "/sessions/expire", broker="upstox") == {"ended": 0}
    assert kite.call(*PROFILE).status_code == 200
    assert admin(kite, "POST", "/sessions/expire", broker="kite") == {"ended": 1}
    assert kite.error(*PROFILE)[:2] == (403, "TokenException")
    kite.sign_in()
    assert admin(kite, "POST", "/sessions/expire") == {"ended": 1}
    assert kite.error(*PROFILE)[:2] == (403, "TokenException")


def test_plans_are_made_listed_with_their_counts_and_ended(kite: ServedKite) -> None:
    made = admin(kite, "POST", "/faults", kind="status", status=503, broker="kite", count=2)
    other = admin(kite, "POST", "/faults", kind="delay", broker="groww", delay_s=0)
    assert [kite.call(*PROFILE).status_code for _ in range(3)] == [503, 503, 200]
    assert [(one["kind"], one["done"]) for one in admin(kite, "GET", "/faults")] == [
        ("status", 2),
        ("delay", 0),
    ]
    assert admin(kite, "DELETE", f"/faults/{made['id']}") == {"removed": 1}
    assert [one["id"] for one in admin(kite, "GET", "/faults")] == [other["id"]]
    assert admin(kite, "DELETE", "/faults") == {"removed": 1}
    assert admin(kite, "GET", "/faults") == []


def test_a_bonus_gives_a_share_for_each_one_held(kite: ServedKite) -> None:
    def held() -> dict[str, Any]:
        rows = kite.data("GET", "/portfolio/holdings")
        return next(row for row in rows if row["tradingsymbol"] == "SBIN")

    before = held()
    body = {"kind": "bonus", "instrument": "NSE:SBIN", "new": 1, "old": 1}
    admin(kite, "POST", "/corporate-actions", **body)
    admin(kite, "PUT", "/clock", by_s=86_400)
    kite.sign_in()
    after = held()
    assert after["quantity"] == 2 * before["quantity"]
    assert after["average_price"] == pytest.approx(before["average_price"] / 2, abs=0.01)
    assert after["last_price"] == pytest.approx(before["last_price"] / 2, rel=0.1)


PATHS = {
    "kite": "/instruments/NSE",
    "upstox": "/upstox/v2/market/holidays",
    "groww": "/groww/v1/changelog",
}


@pytest.mark.parametrize("broker", PATHS)
def test_a_delayed_request_waits_and_is_carried_out(kite: ServedKite, broker: str) -> None:
    """A real wait, a short one: the reply comes after it, with what was asked for."""
    prompt = kite.at_once("GET", PATHS[broker])
    admin(kite, "POST", "/faults", kind="delay", broker=broker, delay_s=0.4, count=1)
    began = time.monotonic()
    late = kite.at_once("GET", PATHS[broker])
    assert time.monotonic() - began >= 0.4
    assert (late.status_code, late.content) == (200, prompt.content)
    assert [one["done"] for one in admin(kite, "GET", "/faults")] == [1]

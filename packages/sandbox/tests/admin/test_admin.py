"""The admin door: what it changes, what it refuses, and who may use it."""

from __future__ import annotations

from typing import Any

import pytest
from packages.sandbox.tests.admin.served import ADMIN_KEY, KEY, Served, served


@pytest.fixture
def door() -> Served:
    return served()


def price_of(door: Served, name: str) -> str:
    tick = door.sandbox.exchange.tick(name)
    assert tick is not None
    return f"{tick.last_price:.2f}"


def test_a_set_price_holds_until_it_is_released(door: Served) -> None:
    before = price_of(door, "NSE:SBIN")

    answer = door.call("PUT", "/admin/prices", json={"prices": {"NSE:SBIN": "310.00"}})

    assert answer.json() == {"NSE:SBIN": "310.00"}
    assert price_of(door, "NSE:SBIN") == "310.00"
    door.call("DELETE", "/admin/prices", params={"instrument": "NSE:SBIN"})
    assert price_of(door, "NSE:SBIN") == before


def test_a_planned_path_is_walked_as_time_passes(door: Served) -> None:
    steps = [{"after_s": 10, "price": "310.00"}, {"after_s": 20, "price": "320.00"}]
    door.call("POST", "/admin/prices/path", json={"instrument": "NSE:SBIN", "steps": steps})

    door.call("PUT", "/admin/clock", json={"by_s": 15})
    assert price_of(door, "NSE:SBIN") == "310.00"
    door.call("PUT", "/admin/clock", json={"by_s": 15})
    assert price_of(door, "NSE:SBIN") == "320.00"


def test_candles_are_replayed_through_their_high_and_their_low(door: Served) -> None:
    candles = [["2026-01-05T09:15:00+05:30", 300, 312, 296, 305, 1000]]
    body = {"instrument": "NSE:SBIN", "candles": candles, "interval": "5minute"}
    assert door.call("POST", "/admin/prices/path", json=body).json()["planned_prices"] > 3

    seen = set[str]()
    for _ in range(60):
        door.call("PUT", "/admin/clock", json={"by_s": 5})
        seen.add(price_of(door, "NSE:SBIN"))

    assert {"296.00", "312.00"} <= seen
    assert price_of(door, "NSE:SBIN") == "305.00"


def test_a_day_is_replayed_from_its_open_at_a_speed(door: Served) -> None:
    answer = door.call("POST", "/admin/replay", json={"day": "2026-10-05", "rate": 60})

    assert answer.json()["now"].startswith("2026-10-05T09:14:59")
    door.clock.at = door.clock.at.replace(minute=door.clock.at.minute + 1)
    assert door.call("GET", "/admin/").json()["now"].startswith("2026-10-05T10:14:59")


def test_a_split_comes_with_the_next_day_and_changes_no_value(door: Served) -> None:
    exchange = door.sandbox.exchange
    held = {one.instrument.id: one for one in exchange.holdings(KEY)}["NSE:SBIN"]
    price = exchange.tick("NSE:SBIN")
    assert price is not None
    body = {"kind": "split", "instrument": "NSE:SBIN", "new": 5, "old": 1}
    door.call("POST", "/admin/corporate-actions", json=body)

    door.call("PUT", "/admin/clock", json={"by_s": 86_400})

    after = {one.instrument.id: one for one in exchange.holdings(KEY)}["NSE:SBIN"]
    assert after.quantity == held.quantity * 5
    assert after.average_price == held.average_price / 5
    assert abs(after.last_price - price.last_price / 5) < price.last_price / 5 / 10


def test_a_dividend_is_paid_for_what_was_held(door: Served) -> None:
    exchange = door.sandbox.exchange
    before = exchange.funds(KEY).cash_paise
    body = {"kind": "dividend", "instrument": "NSE:SBIN", "amount": "2.50"}
    door.call("POST", "/admin/corporate-actions", json=body)

    door.call("PUT", "/admin/clock", json={"by_s": 86_400})

    assert exchange.funds(KEY).cash_paise - before == 250 * 80


def test_an_account_is_opened_paid_into_and_shown(door: Served) -> None:
    held = [{"instrument": "NSE:INFY", "quantity": 7, "average_price": "140.00"}]
    door.call("PUT", "/admin/accounts/kite/AB1234", json={"cash": 5000, "holdings": held})
    door.call("POST", "/admin/accounts/kite/AB1234/funds", json={"amount": "-1500.50"})

    shown = door.call("GET", "/admin/accounts/kite/AB1234").json()
    assert shown["cash"] == "3499.50"
    assert shown["positions"] == [
        {"instrument": "NSE:INFY", "product": "CNC", "quantity": 7, "average_price": "140"}
    ]


def test_a_reset_leaves_nothing_of_before(door: Served) -> None:
    door.call("PUT", "/admin/prices", json={"prices": {"NSE:SBIN": "310.00"}})
    door.call("POST", "/kite/orders/regular", data={"quantity": "1"})
    door.call("POST", "/admin/faults", json={"kind": "delay"})
    door.call("PUT", "/admin/clock", json={"by_s": 500})

    state = door.call("POST", "/admin/reset").json()

    assert state["prices"] == {}
    assert [one["orders"] for one in state["accounts"]] == [0]
    assert door.call("GET", "/admin/").json()["faults"] == []
    assert door.sandbox.exchange.now() == door.clock.now()


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("PUT", "/prices", {"prices": {"NSE:SBIN": "310.01"}}, "multiple of 0.05"),
        ("PUT", "/prices", {"prices": {"NSE:NOSUCH": "310"}}, "not a listed instrument"),
        ("PUT", "/prices", {"prices": {"NSE:SBIN": "NaN"}}, "must be a number"),
        ("PUT", "/prices", {"price": 1}, "not a member"),
        ("PUT", "/clock", {"at": "2026-11-23T10:00:00"}, "with its zone"),
        ("PUT", "/clock", {"rate": 100_000}, "rate must be"),
        ("POST", "/replay", {"day": "2026-11-22"}, "no trading day"),
        ("POST", "/faults", {"kind": "fire"}, "must be one of"),
        ("POST", "/faults", {"kind": "status", "status": 404}, "must be one of"),
        ("POST", "/faults", {"kind": "delay", "probability": 2}, "from 0 to 1"),
        (
            "POST",
            "/corporate-actions",
            {"kind": "merger", "instrument": "NSE:SBIN"},
            "must be split",
        ),
        ("PUT", "/accounts/nobody/X", {}, "no broker nobody"),
    ],
)
def test_a_wrong_body_is_refused_with_what_to_write(
    door: Served, method: str, path: str, body: dict[str, Any], words: str
) -> None:
    answer = door.call(method, f"/admin{path}", json=body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_unknown_account_is_not_found(door: Served) -> None:
    assert door.call("GET", "/admin/accounts/kite/NOBODY").status_code == 404


@pytest.mark.parametrize(
    ("client", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.0.0.7", {}, 403),
        ("10.0.0.7", {"X-Admin-Key": ADMIN_KEY}, 200),
        ("127.0.0.1", {"X-Admin-Key": "guessed"}, 403),
        ("127.0.0.1", {"Origin": "http://evil.example"}, 403),
        ("127.0.0.1", {"Host": "evil.example"}, 403),
    ],
)
def test_only_this_machines_programs_and_the_key_open_the_door(
    door: Served, client: str, headers: dict[str, str], status: int
) -> None:
    door.client = client

    assert door.call("GET", "/admin/", headers=headers).status_code == status


def test_a_program_is_registered_with_an_account_of_its_own_once(door: Served) -> None:
    body = {"user_id": "SB0002", "secret": "s2", "redirect_url": "http://here/back"}
    first = door.call("PUT", "/admin/apps/kite/second", json=body)
    assert first.json() == {
        "api_key": "second", "broker": "kite", "user_id": "SB0002", "cash": "1000000.00",
        "orders": 0, "positions": 5,
    }  # fmt: skip
    door.call("POST", "/admin/accounts/kite/SB0002/funds", json={"amount": 500})

    again = door.call("PUT", "/admin/apps/kite/second", json={**body, "secret": "other"})

    assert again.json()["cash"] == "1000500.00"
    app = door.sandbox.sessions["kite"].app("second")
    assert app is not None
    assert (app.secret, app.redirect_url) == ("other", "http://here/back")
    door.call("POST", "/admin/reset")
    accounts = {one["user_id"] for one in door.call("GET", "/admin/").json()["accounts"]}
    assert accounts == {"SB0001", "SB0002"}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("kite/second", {"secret": "s"}, "/user_id"),
        ("kite/second", {"user_id": "SB0002", "secret": 7}, "/secret"),
        ("robinhood/second", {"user_id": "SB0002", "secret": "s"}, "there is no broker robinhood"),
        ("kite/sandbox/addresses", {"addresses": "203.0.113.9"}, "/addresses"),
        ("kite/sandbox/addresses", {"addresses": ["here"]}, "/addresses/0"),
        ("kite/nosuch/addresses", {"addresses": []}, "there is no program nosuch at kite"),
    ],
)
def test_a_program_or_its_addresses_without_their_terms_are_refused(
    door: Served, path: str, body: dict[str, Any], words: str
) -> None:
    answer = door.call("PUT", f"/admin/apps/{path}", json=body)
    assert answer.status_code == 400
    assert words in answer.text


def test_orders_are_taken_from_the_registered_addresses_alone(door: Served) -> None:
    """Of an empty list, and after a reset, from all."""
    path = "/admin/apps/kite/sandbox/addresses"
    sessions = door.sandbox.sessions["kite"]
    session = sessions.open("sandbox", "SB0001")
    assert sessions.admits(session, "203.0.113.9")

    answer = door.call("PUT", path, json={"addresses": ["203.0.113.9", "2001:DB8::1"]})

    assert answer.json() == {"api_key": "sandbox", "addresses": ["203.0.113.9", "2001:db8::1"]}
    assert sessions.admits(session, "203.0.113.9")
    assert not sessions.admits(session, "127.0.0.1")
    door.call("PUT", path, json={"addresses": []})
    assert sessions.admits(session, "127.0.0.1")
    door.call("PUT", path, json={"addresses": ["203.0.113.9"]})
    sessions.register_user_addresses("SB0001", ["203.0.113.9"])
    door.call("POST", "/admin/reset")
    assert sessions.admits(session, "127.0.0.1")

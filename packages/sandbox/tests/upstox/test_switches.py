"""Kill switches, registered addresses, extended tokens, and the hours of sessions and orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import ServedUpstox, body, served_upstox

from tradertape_core.kernel.clock import IST

KILL, IP = "/v2/user/kill-switch", "/v2/user/ip"


def switch(segment: str, action: str) -> list[dict[str, str]]:
    return [{"segment": segment, "action": action}]


def killed(upstox: ServedUpstox) -> set[str]:
    rows = upstox.data("GET", KILL)
    assert all((one["segment_status"] == "INACTIVE") == one["kill_switch_enabled"] for one in rows)
    return {one["segment"] for one in rows if one["kill_switch_enabled"]}


def test_a_kill_switch_stops_a_segment_for_twelve_hours(upstox: ServedUpstox) -> None:
    assert killed(upstox) == set()
    upstox.data("POST", KILL, json=switch("NSE_EQ", "ENABLE"))
    assert killed(upstox) == {"NSE_EQ"}
    assert upstox.error("POST", "/v3/order/place", json=body()) == (423, "UDAPI100049")
    assert upstox.error("POST", KILL, json=switch("NSE_EQ", "DISABLE"))[1] == "UDAPI1185"
    upstox.clock.at += timedelta(hours=12)
    upstox.sign_in()
    upstox.data("POST", KILL, json=switch("NSE_EQ", "DISABLE"))
    assert len(upstox.data("POST", "/v3/order/place", json=body())["order_ids"]) == 1


def test_a_segment_with_a_position_or_an_order_is_not_killed(upstox: ServedUpstox) -> None:
    order = body("LIMIT", upstox.at("0.95"))
    order_id = upstox.data("POST", "/v2/order/place", json=order)["order_id"]
    assert upstox.error("POST", KILL, json=switch("NSE_EQ", "ENABLE"))[1] == "UDAPI1184"
    upstox.data("DELETE", "/v2/order/cancel", params={"order_id": order_id})
    upstox.data("POST", "/v2/order/place", json=body(product="I"))
    both = [*switch("NSE_FO", "ENABLE"), *switch("NSE_EQ", "ENABLE")]
    assert upstox.error("POST", KILL, json=both)[1] == "UDAPI1184"
    assert killed(upstox) == set()


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ({}, "UDAPI100036"),
        ([], "UDAPI100036"),
        (switch("EQ", "ENABLE"), "UDAPI1186"),
        (switch("NSE_EQ", "ON"), "UDAPI1187"),
    ],
)
def test_a_switch_that_is_unknown_is_refused(upstox: ServedUpstox, rows: Any, code: str) -> None:
    assert upstox.error("POST", KILL, json=rows) == (400, code)


def test_orders_come_from_a_registered_address_alone(upstox: ServedUpstox) -> None:
    reply = upstox.data("PUT", IP, json={"primary_ip": "10.0.0.7"})
    assert reply["access_tokens_invalidated"] is True
    assert upstox.error("GET", IP) == (401, "UDAPI100050")
    upstox.sign_in()
    assert upstox.data("GET", IP)["primary_ip"] == "10.0.0.7"
    assert upstox.error("POST", "/v2/order/place", json=body()) == (403, "UDAPI1154")
    assert upstox.data("GET", "/v2/order/retrieve-all") == []
    upstox.data("PUT", IP, json={"primary_ip": "10.0.0.7", "secondary_ip": "127.0.0.1"})
    upstox.sign_in()
    upstox.data("POST", "/v2/order/place", json=body())
    same = {"primary_ip": "10.0.0.7", "secondary_ip": "127.0.0.1"}
    assert upstox.data("PUT", IP, json=same)["access_tokens_invalidated"] is False


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({}, "UDAPI1179"),
        ({"primary_ip": "here"}, "UDAPI1179"),
        ({"primary_ip": "10.0.0.7", "secondary_ip": "10.0.0.7"}, "UDAPI1180"),
    ],
)
def test_an_address_that_is_wrong_is_refused(upstox: ServedUpstox, terms: Any, code: str) -> None:
    assert upstox.error("PUT", IP, json=terms) == (400, code)
    upstox.data("GET", IP)


def test_an_extended_token_reads_for_a_year_and_writes_nothing(upstox: ServedUpstox) -> None:
    token = upstox.extended
    upstox.clock.at += timedelta(days=2)
    upstox.sign_in()
    upstox.headers = {"Authorization": f"Bearer {token}"}
    assert upstox.data("GET", "/v2/order/retrieve-all") == []
    for method, path in (
        ("POST", "/v2/order/place"), ("DELETE", "/v3/order/gtt/cancel"), ("PUT", IP),
        ("PUT", "/v2/portfolio/convert-position"), ("DELETE", "/v2/logout"),
    ):  # fmt: skip
        assert upstox.error(method, path) == (403, "UDAPI100067"), path
    upstox.clock.at += timedelta(days=365)
    assert upstox.error("GET", "/v2/user/profile") == (401, "UDAPI100050")


def test_access_tokens_end_at_half_past_three(upstox: ServedUpstox) -> None:
    morning = upstox.clock.at.astimezone(IST).replace(hour=3, minute=29, second=50, microsecond=0)
    upstox.clock.at = morning + timedelta(days=1)
    upstox.data("GET", "/v2/user/profile")
    upstox.clock.at = morning + timedelta(days=1, seconds=10)
    assert upstox.error("GET", "/v2/user/profile") == (401, "UDAPI100050")


def test_orders_are_taken_from_half_past_five(upstox: ServedUpstox) -> None:
    served = served_upstox(always_open=False)
    early = served.clock.at.astimezone(IST).replace(hour=5, minute=0)
    served.clock.at = early + timedelta(days=1)
    served.sign_in()
    assert served.error("POST", "/v2/order/place", json=body()) == (423, "UDAPI100074")
    served.clock.at = early + timedelta(days=1, minutes=31)
    assert served.error("POST", "/v2/order/place", json=body())[1] != "UDAPI100074"


def test_one_order_more_than_a_second_takes_is_answered_429(upstox: ServedUpstox) -> None:
    upstox.step(5)
    replies = [upstox.at_once("POST", "/v2/order/place", json={}).status_code for _ in range(11)]
    assert replies == [400] * 10 + [429]
    upstox.step(5)
    replies = [upstox.at_once("DELETE", "/v2/order/multi/cancel").status_code for _ in range(5)]
    assert replies == [200] * 4 + [429]
    body_of_refusal = upstox.at_once("DELETE", "/v2/order/multi/cancel").json()
    assert body_of_refusal["errors"][0]["errorCode"] == "UDAPI10005"


def test_addresses_of_a_user_and_of_an_app_both_count(upstox: ServedUpstox) -> None:
    """What the account registered ends with the admin door's reset, and its display with it."""
    sessions = upstox.sandbox.sessions["upstox"]
    upstox.data("PUT", IP, json={"primary_ip": "127.0.0.1"})
    upstox.sign_in()
    assert len(upstox.data("POST", "/v3/order/place", json=body())["order_ids"]) == 1
    sessions.register_addresses("sandbox", ["203.0.113.9"])
    assert upstox.error("POST", "/v3/order/place", json=body()) == (403, "UDAPI1154")
    sessions.release_addresses()
    assert upstox.data("GET", IP)["primary_ip"] is None
    assert len(upstox.data("POST", "/v3/order/place", json=body())["order_ids"]) == 1

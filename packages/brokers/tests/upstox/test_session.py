"""Signing in to Upstox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from packages.brokers.tests.upstox.test_orders import SECRET

from tradertape_brokers import errors as e
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Session
from tradertape_brokers.upstox.session import UpstoxSessions, login_address, session_end

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("signed_in", "ends"),
    [
        ("2026-11-24T09:00+05:30", "2026-11-25T03:30+05:30"),
        ("2026-11-24T03:29+05:30", "2026-11-24T03:30+05:30"),
        ("2026-11-24T03:30+05:30", "2026-11-25T03:30+05:30"),
        ("2026-11-23T21:59+00:00", "2026-11-24T03:30+05:30"),
        ("2026-12-31T23:59+05:30", "2027-01-01T03:30+05:30"),
    ],
)
def test_a_session_ends_at_half_past_three(signed_in: str, ends: str) -> None:
    assert session_end(datetime.fromisoformat(signed_in)) == datetime.fromisoformat(ends)


def test_the_login_address_names_the_app_and_the_state() -> None:
    parts = urlsplit(login_address("the-key", "https://here/back?a=1", "s 1"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://api.upstox.com/v2/login/authorization/dialog"
    )
    assert parse_qs(parts.query) == {
        "response_type": ["code"], "client_id": ["the-key"],
        "redirect_uri": ["https://here/back?a=1"], "state": ["s 1"],
    }  # fmt: skip


GRANT = LoginGrant(
    api_key="key", code=Secret("code"), api_secret=Secret(SECRET), redirect_uri="https://here"
)


def door(answer: Callable[[httpx.Request], httpx.Response]) -> UpstoxSessions:
    return UpstoxSessions(Hosts().upstox, httpx.MockTransport(answer))


def exchanged(status: int, body: object, grant: LoginGrant = GRANT) -> Session:
    def answer(request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        assert form == {
            "code": "code", "client_id": "key", "client_secret": SECRET,
            "redirect_uri": "https://here", "grant_type": "authorization_code",
        }  # fmt: skip
        return httpx.Response(status, json=body)

    return door(answer).exchange(grant, NOW)


def test_a_code_is_exchanged_for_a_session() -> None:
    session = exchanged(200, {"user_id": "AB1234", "access_token": SECRET})
    assert (session.broker, session.user_id, session.api_key) == ("upstox", "AB1234", "key")
    assert session.access_token.reveal() == SECRET
    assert session.expires_at == session_end(NOW)
    assert SECRET not in repr(session)


@pytest.mark.parametrize("name", ["code", "api_secret", "redirect_uri"])
def test_a_grant_that_is_not_whole_is_not_sent(name: str) -> None:
    empty: dict[str, Any] = {name: "" if name == "redirect_uri" else Secret("")}
    with pytest.raises(e.Refused, match="API secret"):
        exchanged(500, {}, replace(GRANT, **empty))


def test_a_session_is_checked_and_ended() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        profile = {"user_id": "AB1234", "user_name": "A", "exchanges": ["NSE"], "products": None}
        data = True if request.method == "DELETE" else profile
        return httpx.Response(200, json={"status": "success", "data": data})

    session = exchanged(200, {"user_id": "AB1234", "access_token": "t"})
    profile = door(answer).check(session)
    assert (profile.user_id, profile.exchanges) == ("AB1234", frozenset({"NSE"}))
    door(answer).invalidate(session)
    assert asked == [("GET", "/v2/user/profile"), ("DELETE", "/v2/logout")]


def test_a_session_that_is_over_is_told_and_ends_without_an_error() -> None:
    def over(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"status": "error"})

    session = exchanged(200, {"user_id": "AB1234", "access_token": "t"})
    with pytest.raises(e.SessionExpired):
        door(over).check(session)
    door(over).invalidate(session)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"status": "error", "errors": [{"errorCode": "UDAPI100016"}]}, e.Refused),
        (400, {"status": "error", "errors": [{"message": "m"}]}, e.Refused),
        (500, {}, e.Unavailable),
        (200, {"user_id": "AB1234"}, e.Unavailable),
        (200, {"user_id": "AB1234", "access_token": ""}, e.Unavailable),
        (200, [], e.Unavailable),
    ],
)
def test_a_login_that_fails_says_what_to_do(
    status: int, body: object, error: type[e.BrokerError]
) -> None:
    with pytest.raises(error) as failed:
        exchanged(status, body)
    assert SECRET not in repr(failed.value)

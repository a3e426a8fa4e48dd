"""Signing in to Upstox."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from packages.brokers.tests.upstox.test_orders import SECRET

from tradertape_brokers import errors as e
from tradertape_brokers.upstox.session import Session, exchange_code, login_address, session_end

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


def test_a_session_does_not_print_its_tokens() -> None:
    session = Session("AB1234", SECRET, SECRET, NOW)
    assert SECRET not in repr(session)
    assert session.valid_until == session_end(NOW)


def test_the_login_address_names_the_app_and_the_state() -> None:
    parts = urlsplit(login_address("the-key", "https://here/back?a=1", "s 1"))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://api.upstox.com/v2/login/authorization/dialog"
    )
    assert parse_qs(parts.query) == {
        "response_type": ["code"], "client_id": ["the-key"],
        "redirect_uri": ["https://here/back?a=1"], "state": ["s 1"],
    }  # fmt: skip


def exchanged(status: int, body: object) -> Session:
    def answer(request: httpx.Request) -> httpx.Response:
        assert parse_qs(request.content.decode())["grant_type"] == ["authorization_code"]
        return httpx.Response(status, json=body)

    return exchange_code(
        "code", client_id="key", client_secret=SECRET, redirect_uri="https://here", now=NOW,
        transport=httpx.MockTransport(answer),
    )  # fmt: skip


def test_a_code_is_exchanged_for_a_session() -> None:
    body = {"user_id": "AB1234", "access_token": "t", "extended_token": None}
    assert exchanged(200, body) == Session("AB1234", "t", "", NOW)


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

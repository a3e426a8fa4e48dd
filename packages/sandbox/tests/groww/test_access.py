"""Access tokens, their end, rate limits and what is no address."""

from __future__ import annotations

from datetime import datetime

import pytest
from packages.sandbox.tests.groww.served_groww import (
    TOTP_SECRET,
    ServedGroww,
    approval,
    served_groww,
)
from pyotp.totp import TOTP
from typer.testing import CliRunner

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.cli import app
from tradertape_sandbox.faults.endpoints import Endpoint
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan

USER = ("GET", "/v1/user/detail")


def code(groww: ServedGroww, late_s: int = 0) -> dict[str, str]:
    moment = int(groww.clock.now().timestamp()) + 2 - late_s  # a call is two seconds later
    return {"key_type": "totp", "totp": TOTP(TOTP_SECRET).at(moment)}


def test_a_one_time_password_opens_one_session(groww: ServedGroww) -> None:
    body = code(groww)
    reply = groww.ask_token(body)
    assert set(reply.json()) == {"token", "tokenRefId", "sessionName", "expiry", "isActive"}
    assert reply.json()["expiry"] == "2026-11-24T06:00:00"
    again = groww.ask_token(body)
    assert again.status_code == 400
    assert "used already" in again.json()["error"]["displayMessage"]
    groww.step(30.0)
    assert groww.ask_token(code(groww)).status_code == 200


def test_a_password_of_the_last_half_minute_is_taken_and_no_older(groww: ServedGroww) -> None:
    assert groww.ask_token(code(groww, late_s=90)).status_code == 400
    assert groww.ask_token(code(groww, late_s=30)).status_code == 200


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"key_type": "totp", "totp": "000000"}, "the TOTP is wrong"),
        ({"key_type": "totp"}, "totp is required"),
        ({"key_type": "password"}, "totp or approval"),
        ({}, "key_type is required"),
    ],
)
def test_what_a_token_is_refused_for(body: dict[str, str], words: str) -> None:
    reply = served_groww().ask_token(body)
    assert reply.status_code == 400
    assert words in reply.json()["error"]["displayMessage"]


def test_a_checksum_is_of_the_secret_and_of_now() -> None:
    groww = served_groww()
    assert groww.ask_token(approval(groww.clock, secret="wrong")).status_code == 400
    old = groww.ask_token(approval(groww.clock, late_s=700))
    assert "present time" in old.json()["error"]["message"]
    assert groww.ask_token(approval(groww.clock)).status_code == 200


def test_an_unknown_key_is_refused_before_its_proof() -> None:
    groww = served_groww()
    assert groww.ask_token(approval(groww.clock), api_key="another").status_code == 401


def test_a_token_ends_at_six_in_the_morning(groww: ServedGroww) -> None:
    groww.clock.at = datetime(2026, 11, 24, 5, 59, 50, tzinfo=IST)
    assert groww.call(*USER).status_code == 200
    groww.clock.at = datetime(2026, 11, 24, 6, 0, tzinfo=IST)
    reply = groww.call(*USER)
    assert reply.status_code == 401
    assert "status" not in reply.json()  # the official client takes its error from the status then
    assert reply.json()["error"]["code"] == "GA005"
    groww.sign_in()
    assert groww.call(*USER).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "token sandbox:wrong"])
def test_a_call_without_a_token_is_refused(groww: ServedGroww, header: str) -> None:
    assert groww.call(*USER, headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "a_second", "a_minute"),
    [
        ("POST", "/v1/order/create", 10, 250),
        ("PUT", "/v1/order-advance/modify/gtt_1", 10, 250),
        ("GET", "/v1/live-data/ltp", 10, 300),
        ("GET", "/v1/user/detail", 20, 500),
    ],
)
def test_one_call_more_than_the_limit_is_429(
    groww: ServedGroww, method: str, path: str, a_second: int, a_minute: int
) -> None:
    groww.step(60.0)
    statuses: list[int] = []
    while len(statuses) < a_minute:
        statuses += [groww.at_once(method, path).status_code for _ in range(a_second)]
        assert 429 not in statuses
        assert groww.at_once(method, path).status_code == 429
        groww.step(1.0)
    assert groww.at_once(method, path).status_code == 429
    groww.step(60.0)
    assert groww.at_once(method, path).status_code != 429


def test_a_planned_429_reads_as_one_of_the_door(groww: ServedGroww) -> None:
    groww.sandbox.faults.add(
        FaultPlan(kind=FaultKind.STATUS, broker="groww", endpoint=Endpoint.OTHER, status=429)
    )
    planned = groww.call(*USER)
    assert planned.status_code == 429
    assert "status" not in planned.json()
    assert planned.json()["error"]["code"] == "GA006"


def test_an_unknown_address_is_not_found(groww: ServedGroww) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert groww.error(method, "/no/such")[:2] == (404, "GA004")


def test_a_failure_of_the_sandbox_is_ga000(
    groww: ServedGroww, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(groww.sandbox.exchange), "holdings", lambda *_: 1 / 0)
    assert groww.error("GET", "/holdings/user")[:2] == (500, "GA000")


def test_a_seed_that_makes_no_passwords_is_refused_at_the_start() -> None:
    result = CliRunner().invoke(app, ["serve", "--totp-secret", "SHORT"])
    assert result.exit_code == 2
    assert "base32" in result.output


def test_the_list_of_changes_is_open(groww: ServedGroww) -> None:
    """The official client asks for it when it is made, and prints what it says."""
    reply = groww.call("GET", "/v1/changelog", headers={"Authorization": ""})
    assert (reply.status_code, reply.json()) == (200, {"info": [], "warning": []})

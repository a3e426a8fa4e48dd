"""Signing in to Groww."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from packages.brokers.tests.groww.test_contract import Watch
from packages.brokers.tests.sandboxed import TOTP_SECRET, Running
from pyotp.totp import TOTP

from tradertape_brokers import errors as e
from tradertape_brokers.groww.login import (
    Approval,
    OneTimePassword,
    Session,
    checksum_of,
    sign_in,
)
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def approval(secret: str = SANDBOX_SECRET) -> Approval:
    stamp = int(Watch().now().timestamp())
    return Approval(checksum_of(secret, stamp), stamp)


def test_a_secrets_proof_opens_a_session(fresh: Running) -> None:
    session = sign_in("sandbox", approval(), Watch(), root=fresh.url("groww"))
    assert (session.user_id, session.api_key) == ("SB0001", "sandbox")
    assert fresh.sandbox.sessions["groww"].find(session.access_token) is not None


def test_a_one_time_password_opens_one_session(fresh: Running) -> None:
    proof = OneTimePassword(TOTP(TOTP_SECRET).at(Watch().now()))
    assert sign_in("sandbox", proof, Watch(), root=fresh.url("groww")).user_id == "SB0001"
    with pytest.raises(e.Refused, match="used already"):
        sign_in("sandbox", proof, Watch(), root=fresh.url("groww"))


def test_a_wrong_proof_or_key_is_refused(fresh: Running) -> None:
    with pytest.raises(e.Refused, match="checksum"):
        sign_in("sandbox", approval("wrong"), Watch(), root=fresh.url("groww"))
    with pytest.raises(e.Refused, match="does not know this API key"):
        sign_in("another", approval(), Watch(), root=fresh.url("groww"))


def test_the_proof_of_a_secret() -> None:
    # printf 'secret1700000000' | sha256sum
    assert checksum_of("secret", 1_700_000_000) == (
        "a09abffb61e9ed1074de76ba1133a9900ffb7cccde778fb92b31afb76f5390ff"
    )


@pytest.mark.parametrize(
    ("signed_in", "ends"),
    [
        ("2026-11-24T09:00+05:30", "2026-11-25T06:00+05:30"),
        ("2026-11-24T05:59+05:30", "2026-11-24T06:00+05:30"),
        ("2026-11-24T06:00+05:30", "2026-11-25T06:00+05:30"),
        ("2026-11-24T00:29+00:00", "2026-11-24T06:00+05:30"),
        ("2026-12-31T23:59+05:30", "2027-01-01T06:00+05:30"),
    ],
)
def test_a_session_ends_at_six_and_not_a_day_later(signed_in: str, ends: str) -> None:
    session = Session("u", "k", "t", datetime.fromisoformat(signed_in))
    assert session.valid_until == datetime.fromisoformat(ends)


def test_nothing_prints_a_token_a_password_or_a_proof() -> None:
    secrets = ("TOKENTOKEN", "123456", "CHECKSUMCHECKSUM")
    shown = [
        repr(Session("SB0001", "key", "TOKENTOKEN", NOW)),
        repr(OneTimePassword("123456")),
        repr(Approval("CHECKSUMCHECKSUM", 1)),
    ]
    assert not any(secret in text for secret in secrets for text in shown)

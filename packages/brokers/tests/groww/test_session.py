"""Signing in to Groww."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from packages.brokers.tests.groww.served import Watch
from packages.brokers.tests.sandboxed import TOTP_SECRET, Running
from pyotp.totp import TOTP

from tradertape_brokers import errors as e
from tradertape_brokers import registry
from tradertape_brokers.feed import FeedCondition
from tradertape_brokers.groww.broker import Groww
from tradertape_brokers.groww.session import FLOW, GrowwSessions, checksum_of, session_end
from tradertape_brokers.hosts import Hosts
from tradertape_brokers.limiter import Limiter
from tradertape_brokers.secret import Secret
from tradertape_brokers.sessions import LoginGrant, Proof
from tradertape_sandbox.wire.sessions import SANDBOX_SECRET


def sessions(fresh: Running) -> GrowwSessions:
    return Groww().session(Hosts.sandbox(f"http://127.0.0.1:{fresh.port}"))


def grant(**terms: Any) -> LoginGrant:
    return LoginGrant(api_key=terms.pop("api_key", "sandbox"), **terms)


def approval(secret: str = SANDBOX_SECRET, **terms: Any) -> LoginGrant:
    stamp = int(Watch().now().timestamp())
    return grant(checksum=Secret(checksum_of(secret, stamp)), timestamp=stamp, **terms)


def test_a_secrets_checksum_opens_a_session(fresh: Running) -> None:
    now = Watch().now()
    session = sessions(fresh).exchange(approval(), now)
    assert (session.broker, session.user_id, session.api_key) == ("groww", "SB0001", "sandbox")
    assert session.expires_at == session_end(now)
    open_now = fresh.sandbox.sessions["groww"].find(session.access_token.reveal())
    assert open_now is not None
    profile = sessions(fresh).check(session)
    assert (profile.user_id, profile.exchanges) == ("SB0001", {"NSE", "BSE"})
    sessions(fresh).invalidate(session)
    fresh.sandbox.sessions["groww"].close_all()
    with pytest.raises(e.SessionExpired):
        sessions(fresh).check(session)


def test_the_secret_itself_opens_one_too(fresh: Running) -> None:
    opened = sessions(fresh).exchange(grant(api_secret=Secret(SANDBOX_SECRET)), Watch().now())
    assert opened.user_id == "SB0001"


def test_a_one_time_password_opens_one_session(fresh: Running) -> None:
    proof = grant(totp=Secret(TOTP(TOTP_SECRET).at(Watch().now())))
    assert sessions(fresh).exchange(proof, Watch().now()).user_id == "SB0001"
    with pytest.raises(e.Refused, match="used already"):
        sessions(fresh).exchange(proof, Watch().now())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (approval("wrong"), "checksum"),
        (approval(api_key="another"), "does not know this API key"),
        (grant(), "one-time password, or the checksum"),
        (grant(checksum=Secret("abc")), "with its time"),
    ],
)
def test_a_wrong_proof_or_key_is_refused(fresh: Running, wrong: LoginGrant, words: str) -> None:
    with pytest.raises(e.Refused, match=words):
        sessions(fresh).exchange(wrong, Watch().now())


def test_there_is_no_page(fresh: Running) -> None:
    assert not FLOW.has_page
    assert Proof.TOTP in FLOW.proofs
    assert sessions(fresh).login_url("sandbox", state="s") == ""


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
    assert session_end(datetime.fromisoformat(signed_in)) == datetime.fromisoformat(ends)


def test_a_session_gives_every_port(fresh: Running) -> None:
    hosts = Hosts.sandbox(f"http://127.0.0.1:{fresh.port}")
    session = sessions(fresh).exchange(approval(), Watch().now())
    broker = registry.broker("groww")
    account = broker.connect(session, hosts, Limiter({}), Watch())
    assert account.orders.order_book() == []
    assert account.portfolio is not None
    assert account.portfolio.profile().user_id == "SB0001"
    assert account.instruments is not None
    listed = {one.id: one for one in account.instruments.download()}
    assert account.quotes is not None
    assert account.quotes.quotes([listed["NSE:INFY"]])["NSE:INFY"].last_price > 0
    assert account.gtts is not None
    assert account.gtts.list() == []
    assert account.feed is not None
    assert account.feed.state.condition is FeedCondition.CONNECTING
    assert (broker.name, broker.capabilities.gtt_two_leg) == ("groww", True)

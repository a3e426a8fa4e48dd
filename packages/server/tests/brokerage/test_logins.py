"""Signing in at all three brokers against the sandbox, and every way in which it fails."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.brokers.tests.sandboxed import TOTP_SECRET
from packages.server.tests.conftest import FrozenClock
from pyotp.totp import TOTP
from sqlalchemy import text

from tradertape_brokers.errors import SessionExpired
from tradertape_server.container import Container
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.platform.clock import SystemClock

from .conftest import SECRET, callback_of, connect, kite_checksum, save
from .test_live_orders import eventually

BROKERS = ("kite", "upstox", "groww")


def session_of(person: TestClient, broker: str) -> Any:
    return person.get(f"/api/brokers/{broker}").json()["session"]


@pytest.mark.parametrize("broker", BROKERS)
def test_a_login_as_the_console_does_it(
    person: TestClient, container: Container, broker: str
) -> None:
    before = session_of(person, broker)
    answer = connect(person, broker)

    assert answer.status_code == 200, answer.text
    shown = answer.json()["session"]
    assert (before["connected"], shown["connected"]) == (False, True)
    assert shown["user_id"] == "SB0001" or broker == "groww"
    assert shown["expires_in_s"] > 0
    user = person.get("/api/auth/me").json()["id"]
    found = container.connections.of(user, broker)
    assert found is not None
    assert found.account.environment is Environment.SANDBOX
    assert found.ports.portfolio is not None
    assert len(found.ports.portfolio.margins()) > 0


def test_every_broker_says_what_it_can_do_and_how_to_sign_in(person: TestClient) -> None:
    shown = {one["name"]: one for one in person.get("/api/brokers").json()}

    assert tuple(shown) == BROKERS
    assert shown["kite"]["login"] == {
        "proofs": ["checksum", "secret"],
        "has_page": True,
        "callback_parameter": "request_token",
        "redirect_uri": "http://localhost:18777/brokers/kite/callback",
    }
    assert not shown["groww"]["login"]["has_page"]
    assert shown["kite"]["postback_url"] == "http://localhost:18777/api/brokers/kite/postback"
    assert shown["groww"]["postback_url"] is None
    assert {one["environment"] for one in shown.values()} == {"sandbox"}
    assert "NSE" in shown["kite"]["capabilities"]["exchanges"]
    assert shown["kite"]["credentials"]["is_set"] is False


@pytest.mark.parametrize("broker", ["kite", "upstox"])
def test_with_a_stored_secret_the_callback_alone_is_sufficient(
    person: TestClient, broker: str
) -> None:
    save(person, broker, api_secret=SECRET)
    begun = person.post(f"/api/brokers/{broker}/login").json()
    code, state = callback_of(begun["login_url"])

    answer = person.post(f"/api/brokers/{broker}/session", json={"state": state, "code": code})

    assert begun["has_stored_proof"] is True
    assert answer.json()["session"]["connected"] is True


def test_groww_is_signed_in_to_with_a_stored_authenticator_alone(
    person: TestClient, clock: FrozenClock, container: Container, sign_in: Any
) -> None:
    saved = save(person, "groww", totp_secret=TOTP_SECRET.lower())
    assert saved.json()["credentials"]["has_totp_secret"] is True
    assert person.post("/api/brokers/groww/login").json()["has_stored_proof"] is True
    stored = container.brokerage.credentials(1, "groww")
    assert stored is not None
    code = stored.totp(clock.now())
    assert code is not None
    assert code.reveal() == TOTP(TOTP_SECRET).at(clock.now())

    clock.set_wrong(seconds=(SystemClock().now() - clock.now()).total_seconds())
    answer = sign_in().post("/api/brokers/groww/session", json={})

    assert answer.status_code == 200, answer.text
    assert answer.json()["session"]["connected"] is True


def test_a_wrong_proof_is_refused_with_words_and_the_state_is_used_up(person: TestClient) -> None:
    save(person, "kite")
    code, state = callback_of(person.post("/api/brokers/kite/login").json()["login_url"])
    body = {"state": state, "code": code, "checksum": "0" * 64}

    wrong = person.post("/api/brokers/kite/session", json=body)
    again = person.post("/api/brokers/kite/session", json={**body, "checksum": kite_checksum(code)})

    assert (wrong.status_code, wrong.headers["X-Error-Code"]) == (400, "broker_refused")
    assert "check the API secret" in wrong.json()["detail"]
    assert (again.status_code, again.headers["X-Error-Code"]) == (400, "login_state_invalid")
    assert session_of(person, "kite")["connected"] is False


def test_a_state_is_good_once_for_ten_minutes_for_its_broker_person_and_browser(
    person: TestClient, sign_in: Any, clock: FrozenClock
) -> None:
    other_browser, other_person = sign_in(), sign_in("b@example.com")
    save(person, "kite")
    save(person, "upstox")
    save(other_person, "kite")

    def attempt(who: TestClient, *, broker: str = "kite", age_s: int = 0, state: str = "") -> Any:
        code, own = callback_of(person.post("/api/brokers/kite/login").json()["login_url"])
        clock.advance(seconds=age_s)
        body = {"state": state or own, "code": code, "checksum": kite_checksum(code)}
        return who.post(f"/api/brokers/{broker}/session", json=body)

    wrong = {
        "made up": attempt(person, state="x" * 43),
        "missing": person.post("/api/brokers/kite/session", json={"code": "x"}),
        "another browser": attempt(other_browser),
        "another person": attempt(other_person),
        "another broker": attempt(person, broker="upstox"),
        "too old": attempt(person, age_s=600),
    }

    codes = {name: answer.headers["X-Error-Code"] for name, answer in wrong.items()}
    assert codes == dict.fromkeys(wrong, "login_state_invalid")
    assert attempt(person, age_s=599).status_code == 200
    assert session_of(other_person, "kite")["connected"] is False


def test_an_account_that_was_not_meant_is_signed_out_again(person: TestClient) -> None:
    save(person, "kite", user_id="AB1234")
    code, state = callback_of(person.post("/api/brokers/kite/login").json()["login_url"])
    body = {"state": state, "code": code, "checksum": kite_checksum(code)}

    answer = person.post("/api/brokers/kite/session", json=body)

    assert (answer.status_code, answer.headers["X-Error-Code"]) == (409, "another_broker_account")
    assert "AB1234" in answer.json()["detail"]
    assert session_of(person, "kite")["connected"] is False


def test_signing_out_ends_it_at_the_broker_too(
    person: TestClient, container: Container, sandbox: Any
) -> None:
    connect(person, "kite")
    found = container.connections.of(1, "kite")
    assert found is not None

    assert person.delete("/api/brokers/kite/session").status_code == 204

    assert session_of(person, "kite")["reason"] == "You signed out."
    assert session_of(person, "kite")["end"] == "disconnected"
    with pytest.raises(SessionExpired):
        found.broker.session(container.connections.hosts(Environment.SANDBOX)).check(found.session)
    assert person.delete("/api/brokers/kite/session").status_code == 204


def test_another_environment_takes_the_place_only_when_asked(
    person: TestClient, container: Container
) -> None:
    connect(person, "kite")
    with container.database.write() as session:
        session.execute(text("UPDATE broker_credentials SET environment = 'live'"))

    refused = save(person, "kite")
    taken = save(person, "kite", replace=True)

    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "another_environment")
    assert "replace" in refused.json()["detail"]
    assert taken.status_code == 200
    assert taken.json()["session"]["connected"] is False
    live = save(person, "kite", environment="live")
    assert (live.status_code, live.headers["X-Error-Code"]) == (409, "environment_not_used")


def test_a_login_without_credentials_says_what_to_do(person: TestClient) -> None:
    for call in (
        lambda: person.post("/api/brokers/kite/login"),
        lambda: person.post("/api/brokers/kite/session", json={"state": "x", "code": "y"}),
    ):
        answer = call()
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (409, "broker_not_set_up")
    assert person.get("/api/brokers/icici").status_code == 404
    kite = save(person, "kite", totp_secret=TOTP_SECRET)
    assert (kite.status_code, "one-time codes" in kite.json()["detail"]) == (400, True)
    groww = save(person, "groww", totp_secret="1" * 16)
    assert (groww.status_code, "base32" in groww.json()["detail"]) == (400, True)


def test_the_link_of_a_message_begins_a_login(person: TestClient, client: TestClient) -> None:
    settings = "http://localhost:18777/settings/brokers?connect="

    def goes_to(who: TestClient, broker: str) -> str:
        answer = who.get(f"/api/brokers/{broker}/login", follow_redirects=False)
        assert answer.status_code == 307
        return answer.headers["location"]

    assert goes_to(client, "kite") == f"{settings}kite"
    assert goes_to(person, "kite") == f"{settings}kite"
    save(person, "kite", api_secret=SECRET)
    save(person, "groww")
    link = person.get("/api/auth/status").json()["login_url"]
    assert link == "http://localhost:18777/api/brokers/kite/login"
    code, state = callback_of(goes_to(person, "kite"))
    assert goes_to(person, "groww") == f"{settings}groww"
    opened = person.post("/api/brokers/kite/session", json={"state": state, "code": code})
    assert opened.json()["session"]["connected"] is True


def test_the_status_and_the_account_tell_of_the_session(
    person: TestClient, clock: FrozenClock
) -> None:
    connect(person, "groww")
    save(person, "kite")

    status = person.get("/api/auth/status").json()
    kite = person.get("/api/auth/status?broker=kite").json()
    me = person.get("/api/auth/me").json()["brokers"]

    assert (status["broker"], status["connected"], status["reason"]) == ("groww", True, "")
    assert status["login_time"] == "2026-01-05T10:00:00+05:30"
    assert status["expires_at"] == "2026-01-06T06:00:00+05:30"
    assert status["expires_in_s"] == 20 * 3600
    assert (kite["connected"], kite["reason"]) == (False, "Not signed in at Zerodha Kite.")
    assert [(one["name"], one["connected"]) for one in me] == [("kite", False), ("groww", True)]

    clock.advance(hours=20)
    status = person.get("/api/auth/status?broker=groww").json()
    assert (status["connected"], status["expires_at"]) == (False, None)
    assert "over" in status["reason"]
    assert session_of(person, "groww")["end"] == "expired"


def test_the_reason_of_an_end_is_a_sentence(person: TestClient, container: Container) -> None:
    connect(person, "kite")
    reason = "Zerodha Kite ends every session once a day"
    container.connections.expire_all(Environment.SANDBOX, reason)

    eventually(lambda: session_of(person, "kite")["reason"] == f"{reason}.")  # once it is stored


def test_deleting_credentials_ends_the_session(person: TestClient) -> None:
    connect(person, "upstox")

    assert person.delete("/api/brokers/upstox/credentials").status_code == 204

    shown = person.get("/api/brokers/upstox").json()
    assert (shown["credentials"]["is_set"], shown["session"]["connected"]) == (False, False)


def test_a_broker_that_cannot_be_reached_is_503_and_nothing_is_connected(
    person: TestClient, container: Container
) -> None:
    save(person, "kite")
    code, state = callback_of(person.post("/api/brokers/kite/login").json()["login_url"])
    container.connections.use_sandbox("http://127.0.0.1:9")  # nobody listens there

    answer = person.post(
        "/api/brokers/kite/session",
        json={"state": state, "code": code, "checksum": kite_checksum(code)},
    )

    assert (answer.status_code, answer.headers["X-Error-Code"]) == (503, "broker_unavailable")
    assert session_of(person, "kite")["connected"] is False


def test_both_people_see_their_own(person: TestClient, sign_in: Any) -> None:
    connect(person, "kite")
    other = sign_in("b@example.com")

    shown = other.get("/api/brokers/kite").json()

    assert shown["credentials"]["is_set"] is False
    assert shown["session"]["connected"] is False
    assert other.get("/api/auth/status").json()["broker"] is None

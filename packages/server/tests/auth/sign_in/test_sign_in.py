"""Signing in by link and by code: AU-02 to AU-04, FAULTS §8."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from tradertape_server.container import Container
from tradertape_server.features.auth.models import SignInCode, UserSession
from tradertape_server.features.auth.sign_in import attempt_limits

Ask = Callable[..., Any]
PERSON = "person@example.com"
SAME_ANSWER = "If the address is registered or allowed, a sign-in link has been sent."


def verify(client: TestClient, **body: Any) -> Any:
    return client.post("/api/auth/verify-link", json=body)


def other_browser(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://localhost:18777")


def test_a_link_signs_its_browser_in_and_makes_the_account(client: TestClient, ask: Ask) -> None:
    """AU-03, AU-04: link by mail, cookie by verify-link, then the account is known."""
    sent = ask()
    answer = verify(client, token=sent.token)
    assert answer.status_code == 200
    assert answer.json()["email"] == PERSON
    assert answer.json()["has_password"] is False
    assert client.get("/api/auth/me").json()["email"] == PERSON


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(
    client: TestClient, ask: Ask
) -> None:
    """AU-02: HttpOnly, SameSite=Lax, 30 days; Secure only where there is https."""
    sent = ask()
    cookies = verify(client, token=sent.token).headers.get_list("set-cookie")
    cookie = next(one for one in cookies if one.startswith("kite_session="))
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "samesite=lax", "path=/", "max-age=2592000"}


class TestOverHttps:
    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"public_url": "https://trade.example"}

    def test_the_session_cookie_is_for_https_only(self, client: TestClient, ask: Ask) -> None:
        sent = ask()
        client.base_url = "https://trade.example"
        answer = verify(client, token=sent.token, confirm=True)
        cookies = answer.headers.get_list("set-cookie")
        assert any(one.startswith("kite_session=") and "; Secure" in one for one in cookies)


def test_the_six_digits_sign_in_where_they_are_typed(app: FastAPI, ask: Ask) -> None:
    """AU-04: the code works in any browser: who types it, read the mail."""
    sent = ask()
    browser = other_browser(app)
    otp = f"{sent.otp[:3]} {sent.otp[3:]}"
    assert verify(browser, email="Person@Example.com", otp=otp).status_code == 200
    assert browser.get("/api/auth/me").status_code == 200


def test_a_link_works_once_and_its_code_is_gone_with_it(client: TestClient, ask: Ask) -> None:
    sent = ask()
    assert verify(client, token=sent.token).status_code == 200
    again = verify(client, token=sent.token)
    assert (again.status_code, again.headers["X-Error-Code"]) == (401, "link_invalid")
    assert verify(client, email=PERSON, otp=sent.otp).status_code == 401


def test_a_link_and_its_code_die_after_ten_minutes(
    client: TestClient, ask: Ask, clock: Any
) -> None:
    sent = ask()
    clock.advance(minutes=10)
    assert verify(client, token=sent.token).status_code == 401
    assert verify(client, email=PERSON, otp=sent.otp).status_code == 401


def test_the_newest_code_kills_the_older_ones(client: TestClient, ask: Ask, clock: Any) -> None:
    first = ask()
    clock.advance(minutes=2)
    second = ask()
    assert verify(client, token=first.token).status_code == 401
    assert verify(client, email=PERSON, otp=first.otp).status_code == 401
    assert verify(client, token=second.token).status_code == 200


def test_another_browser_must_confirm_before_a_link_signs_it_in(
    app: FastAPI, client: TestClient, ask: Ask
) -> None:
    """A mail scanner, or a victim sent an attacker's link, is asked first; asking uses nothing."""
    sent = ask()
    stranger = other_browser(app)
    for _ in range(3):
        answer = verify(stranger, token=sent.token)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (409, "confirm_needed")
        assert "set-cookie" not in answer.headers
    assert stranger.get(f"/sign-in/verify?token={sent.token}").status_code in {200, 404}
    assert verify(stranger, token=sent.token, confirm=True).status_code == 200


def test_five_wrong_codes_kill_the_right_one_but_not_the_link(client: TestClient, ask: Ask) -> None:
    sent = ask()
    wrong = "000000" if sent.otp != "000000" else "111111"
    for _ in range(5):
        answer = verify(client, email=PERSON, otp=wrong)
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (401, "code_invalid")
    assert verify(client, email=PERSON, otp=sent.otp).status_code == 401
    assert verify(client, token=sent.token).status_code == 200


@pytest.mark.slow
def test_a_day_of_guessing_finds_a_code_with_less_than_one_in_ten_thousand(
    client: TestClient, container: Container, clock: Any
) -> None:
    """FAULTS §8: an attacker asks for codes and guesses as fast as the limits let him."""
    guesses = 0
    for _ in range(24 * 4):
        clock.advance(minutes=15)
        client.post("/api/auth/magic-link", json={"email": PERSON})
        for _ in range(7):
            answer = verify(client, email=PERSON, otp="123456")
            guesses += answer.status_code == 401
            if answer.status_code == 429:
                break
    assert 0 < guesses <= 40 + 10  # the day's limit, and those of the day before that ran out
    assert guesses / 1_000_000 < 1e-4
    assert max(limit.max_attempts for limit in attempt_limits.CODES_OF_EMAIL) == 40
    assert container.mailer.last_problem == ""


def test_asking_is_limited_for_each_address(client: TestClient, ask: Ask, clock: Any) -> None:
    """Once a minute, five times an hour; told alike for every address."""
    ask()
    too_soon = client.post("/api/auth/magic-link", json={"email": PERSON})
    assert too_soon.status_code == 429
    assert 1 <= int(too_soon.headers["Retry-After"]) <= 61
    for _ in range(4):
        clock.advance(minutes=2)
        ask()
    clock.advance(minutes=2)
    assert client.post("/api/auth/magic-link", json={"email": PERSON}).status_code == 429
    assert client.post("/api/auth/magic-link", json={"email": "b@example.com"}).status_code == 200


def test_asking_is_limited_for_each_caller(client: TestClient) -> None:
    answers = [
        client.post("/api/auth/magic-link", json={"email": f"p{n}@example.com"}).status_code
        for n in range(21)
    ]
    assert answers == [200] * 20 + [429]


class TestWithoutSignUp:
    """Nobody can tell which addresses have an account."""

    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"allow_signup": False}

    def test_known_and_unknown_addresses_get_the_same_answer_for_the_same_work(
        self, client: TestClient, container: Container
    ) -> None:
        container.auth.create_user("known@example.com", password="correct horse battery")
        statements: list[str] = []

        def hear(*arguments: Any) -> None:
            # Of requests alone: the server's own threads ask when they like.
            if threading.current_thread().name.startswith("AnyIO"):
                statements.append(arguments[2])

        event.listen(container.database.engine, "before_cursor_execute", hear)

        def work(path: str, body: dict[str, Any]) -> tuple[int, str, list[str]]:
            statements.clear()
            answer = client.post(path, json=body)
            return answer.status_code, answer.text, list(statements)

        for path, body in (
            ("/api/auth/magic-link", {}),
            ("/api/auth/password-login", {"password": "wrong password"}),
            ("/api/auth/verify-link", {"otp": "123456"}),
        ):
            known = work(path, {**body, "email": "known@example.com"})
            unknown = work(path, {**body, "email": "nobody@example.com"})
            assert known == unknown
            assert known[2], "no statement was heard"

    def test_an_unknown_address_gets_no_mail_and_no_account(
        self, client: TestClient, container: Container
    ) -> None:
        answer = client.post("/api/auth/magic-link", json={"email": "nobody@example.com"})
        assert answer.json() == {"detail": SAME_ANSWER}
        container.mailer.wait_until_sent()
        assert not (container.settings.effective_home / "outbox").exists()
        assert container.auth.user_id_of("nobody@example.com") is None


def test_a_session_id_from_before_the_login_is_worth_nothing_after_it(
    client: TestClient, app: FastAPI, ask: Ask
) -> None:
    """Fixation: an id planted before the login is not the id after it; the old one is ended."""
    client.cookies.set("kite_session", "planted-by-somebody", domain="localhost.local")
    assert verify(client, token=ask().token).status_code == 200
    first = client.cookies["kite_session"]
    assert first != "planted-by-somebody"
    thief = other_browser(app)
    thief.cookies.set("kite_session", "planted-by-somebody")
    assert thief.get("/api/auth/me").status_code == 401


def test_signing_in_again_ends_the_browsers_older_session(
    client: TestClient, app: FastAPI, ask: Ask, clock: Any
) -> None:
    verify(client, token=ask().token)
    old = client.cookies["kite_session"]
    clock.advance(minutes=2)
    verify(client, token=ask().token)
    thief = other_browser(app)
    thief.cookies.set("kite_session", old)
    assert thief.get("/api/auth/me").status_code == 401
    assert client.get("/api/auth/me").status_code == 200


def test_a_session_slides_while_used_and_ends_when_not(signed_in: TestClient, clock: Any) -> None:
    """30 days idle; each use renews the cookie."""
    clock.advance(days=29)
    answer = signed_in.get("/api/auth/me")
    assert answer.status_code == 200
    assert "Max-Age=2592000" in answer.headers["set-cookie"]
    for _ in range(20):  # one that finds the database busy does not wait to store its time
        assert signed_in.get("/api/auth/me").status_code == 200
    clock.advance(days=29)
    assert signed_in.get("/api/auth/me").status_code == 200
    clock.advance(days=30)
    assert signed_in.get("/api/auth/me").status_code == 401


def test_a_session_ends_for_good_after_half_a_year_of_use(
    signed_in: TestClient, clock: Any
) -> None:
    for _ in range(8):
        clock.advance(days=20)
        use(signed_in)
    clock.advance(days=20)
    assert signed_in.get("/api/auth/me").status_code == 401


def use(client: TestClient) -> None:
    """Use a session until that is stored: while another writes, a request does not wait for it."""
    for _ in range(200):
        answer = client.get("/api/auth/me")
        assert answer.status_code == 200
        if "set-cookie" not in answer.headers:
            return
        time.sleep(0.02)
    pytest.fail("the session's last use was not stored")


def test_logging_out_ends_this_session_only(sign_in: Any) -> None:
    """AU-06."""
    here, there = sign_in(), sign_in()
    token = here.cookies["kite_session"]
    answer = here.post("/api/auth/logout")
    assert answer.status_code == 200
    assert "Max-Age=0" in answer.headers["set-cookie"]
    here.cookies.set("kite_session", token)
    assert here.get("/api/auth/me").status_code == 401
    assert there.get("/api/auth/me").status_code == 200


def test_logging_out_everywhere_ends_every_session_of_the_account(sign_in: Any) -> None:
    """AU-06."""
    here, there, somebody = sign_in(), sign_in(), sign_in("b@example.com")
    here.post("/api/auth/logout", json={"everywhere": True})
    assert there.get("/api/auth/me").status_code == 401
    assert somebody.get("/api/auth/me").status_code == 200


def test_nothing_that_was_sent_or_set_is_readable_in_the_database(
    client: TestClient, container: Container, ask: Ask
) -> None:
    """FAULTS §8: a copied database holds no usable credential."""
    sent = ask()
    with container.database.read() as session:
        rows = [str(vars(row)) for row in session.query(SignInCode)]
    assert rows
    assert not any(sent.token in row or sent.otp in row for row in rows)
    verify(client, token=sent.token)
    with container.database.read() as session:
        kept = [row.token_hash for row in session.query(UserSession)]
    assert kept
    assert client.cookies["kite_session"] not in kept

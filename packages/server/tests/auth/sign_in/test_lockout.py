"""A stranger who guesses or asks without end does not keep the owner of an account out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pyotp.totp import TOTP

from tradertape_server.container import Container
from tradertape_server.features.auth.models import KnownDevice, SignInCode
from tradertape_server.features.auth.sign_in import known_devices
from tradertape_server.features.auth.sign_in.attempt_limits import LATER_MAIL_SPACING, LINK_NEEDED
from tradertape_server.platform.http.concurrency import Capacity

Ask = Callable[..., Any]
Browser = Callable[[str], TestClient]
PERSON = "person@example.com"
PASSWORD = "correct horse battery"
HOME = "192.0.2.7"


@pytest.fixture
def browser(app: FastAPI, client: TestClient) -> Browser:
    """A browser at an address; `client` keeps the application running."""
    assert client

    def browser(address: str) -> TestClient:
        return TestClient(app, base_url="http://localhost:18777", client=(address, 1))

    return browser


@pytest.fixture(autouse=True)
def with_password(container: Container) -> None:
    container.auth.create_user(PERSON, password=PASSWORD)


def login(client: TestClient, password: str = PASSWORD, **more: Any) -> Any:
    body = {"email": PERSON, "password": password, **more}
    return client.post("/api/auth/password-login", json=body)


def verify(client: TestClient, **body: Any) -> Any:
    return client.post("/api/auth/verify-link", json=body)


def ask_for_link(client: TestClient, email: str = PERSON) -> int:
    return client.post("/api/auth/magic-link", json={"email": email}).status_code


def sign_out(client: TestClient) -> None:
    assert client.post("/api/auth/logout").status_code == 200


@pytest.fixture
def owner(browser: Browser) -> TestClient:
    """The owner's browser, at home, which has signed in before."""
    owner = browser(HOME)
    assert login(owner).status_code == 200
    sign_out(owner)
    return owner


def guess_passwords(browser: Browser, guesses: int) -> list[int]:
    """Wrong passwords from many addresses, five each."""
    return [
        login(browser(f"203.0.113.{number // 5}"), "wrong password").status_code
        for number in range(guesses)
    ]


def test_the_owners_browser_passes_while_strangers_guess_passwords(
    browser: Browser, owner: TestClient, ask: Ask
) -> None:
    assert set(guess_passwords(browser, 60)) == {401, 429}
    elsewhere = browser("198.51.100.9")
    refused = login(elsewhere)
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (429, LINK_NEEDED)
    assert "link" in refused.json()["detail"]
    assert login(owner).status_code == 200
    # The owner in a browser that is not known is asked for more, and passes.
    sent = ask(browser=elsewhere)
    assert verify(elsewhere, token=sent.token).status_code == 200
    sign_out(elsewhere)
    assert login(elsewhere).status_code == 200  # known now


def test_the_owners_browser_passes_at_the_strangers_own_address(
    browser: Browser, owner: TestClient
) -> None:
    neighbour = browser(HOME)
    statuses = [login(neighbour, "wrong password").status_code for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert login(owner).status_code == 200


def test_the_owners_browser_is_slowed_down_by_its_own_wrong_passwords(owner: TestClient) -> None:
    statuses = [login(owner, "wrong password").status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2


def test_the_owners_browser_signs_in_while_strangers_fill_the_queue_of_passwords(
    browser: Browser, owner: TestClient, container: Container
) -> None:
    container.password_checks._capacity = Capacity(at_once=0, of_one=1, waiting=0, wait_s=0.1)
    assert login(browser("203.0.113.1")).status_code == 503
    forged = browser("203.0.113.2")
    forged.cookies.set(known_devices.COOKIE, "x" * 43 + "." + "0" * 64, path="/api/auth")
    assert login(forged).status_code == 503
    assert login(owner).status_code == 200


def test_right_passwords_use_up_nothing(browser: Browser) -> None:
    """An office of many people has one address."""
    for _ in range(60):
        one = browser(HOME)
        assert login(one).status_code == 200


def test_a_known_browser_is_known_to_its_own_accounts_only(
    browser: Browser, owner: TestClient, container: Container
) -> None:
    container.auth.create_user("b@example.com", password=PASSWORD)
    body = {"email": "b@example.com", "password": "wrong password"}
    path = "/api/auth/password-login"
    statuses = [owner.post(path, json=body).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert login(owner).status_code == 200
    # Of a browser that two people use, each account keeps knowing it.
    owner.post("/api/auth/magic-link", json={"email": "b@example.com"})
    shared = browser(HOME)
    shared.cookies = owner.cookies
    guess_passwords(browser, 60)
    assert login(shared).status_code == 200


def test_no_browser_is_known_after_a_new_password_or_leaving_everywhere(
    browser: Browser, owner: TestClient, container: Container
) -> None:
    """A stolen cookie is worth nothing then."""

    def devices() -> int:
        with container.database.read() as session:
            return session.query(KnownDevice).count()

    assert devices() == 1
    login(owner)
    owner.put("/api/auth/password", json={"password": PASSWORD, "current_password": PASSWORD})
    assert devices() == 0
    login(owner)
    assert devices() == 1
    owner.post("/api/auth/logout", json={"everywhere": True})
    assert devices() == 0
    login(owner)
    container.auth.reset_password(PERSON, PASSWORD)
    assert devices() == 0


def test_the_browsers_mark_is_closed_to_scripts_and_not_of_a_strangers_choice(
    browser: Browser, container: Container
) -> None:
    planted = browser(HOME)
    planted.cookies.set(known_devices.COOKIE, "planted-by-somebody", path="/api/auth")
    answer = login(planted)
    cookie = next(
        one for one in answer.headers.get_list("set-cookie") if one.startswith("kite_device=")
    )
    value, *parts = (part.strip() for part in cookie.split(";"))
    assert {"httponly", "samesite=lax", "path=/api/auth", "max-age=31536000"} == {
        part.lower() for part in parts
    }
    assert "planted" not in value
    with container.database.read() as session:
        (row,) = session.query(KnownDevice)
    assert value.partition("=")[2] not in str(vars(row))
    assert login(planted).status_code == 200
    with container.database.read() as session:
        assert session.query(KnownDevice).count() == 1  # the same browser again


def test_the_least_used_browsers_are_forgotten(
    browser: Browser, container: Container, clock: Any
) -> None:
    for _ in range(known_devices.MAX_DEVICES + 2):
        clock.advance(minutes=1)
        assert login(browser(HOME)).status_code == 200
    with container.database.read() as session:
        assert session.query(KnownDevice).count() == known_devices.MAX_DEVICES


def test_strangers_use_up_no_attempts_of_the_owners_code(
    browser: Browser, client: TestClient, ask: Ask
) -> None:
    """The code that the owner's browser asked for, and the link of the same mail."""
    sent = ask()
    stranger = browser("203.0.113.1")
    wrong = "000000" if sent.otp != "000000" else "111111"
    statuses = [verify(stranger, email=PERSON, otp=wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = verify(stranger, email=PERSON, otp=sent.otp)
    assert refused.headers["X-Error-Code"] == LINK_NEEDED
    assert verify(browser("198.51.100.9"), token=sent.token, confirm=True).status_code == 200
    assert client.get("/api/auth/me").status_code == 401


def test_the_owners_browser_types_a_code_while_strangers_guess(
    browser: Browser, owner: TestClient, ask: Ask
) -> None:
    stranger = browser("203.0.113.1")
    sent = ask(browser=owner)
    wrong = "000000" if sent.otp != "000000" else "111111"
    for _ in range(11):
        verify(stranger, email=PERSON, otp=wrong)
    assert verify(owner, email=PERSON, otp=sent.otp).status_code == 200


def test_strangers_who_ask_for_links_do_not_end_the_owners(
    browser: Browser, client: TestClient, ask: Ask, clock: Any
) -> None:
    sent = ask()
    for number in range(5):
        clock.advance(minutes=1)
        assert ask_for_link(browser(f"203.0.113.{number}")) == 200
    assert verify(client, email=PERSON, otp=sent.otp).status_code == 200


def test_a_mailbox_is_not_flooded_and_always_has_a_link_that_works(
    browser: Browser, container: Container, clock: Any, newest_mail: Any
) -> None:
    """Two hours of strangers that ask from a new address twice a minute."""

    def mails() -> int:
        container.mailer.wait_until_sent()
        outbox = container.settings.effective_home / "outbox"
        return len(list(outbox.glob("*.eml")))

    for number in range(240):
        assert ask_for_link(browser(f"203.0.{number}.1")) == 200
        clock.advance(seconds=30)
    assert mails() <= 2 * timedelta(hours=1) / LATER_MAIL_SPACING + 2 * 5
    # Whoever asked for it: the mail is in the owner's mailbox.
    owner = browser("198.51.100.9")
    assert ask_for_link(owner) == 200
    token = newest_mail().get_content().partition("token=")[2].split()[0]
    assert verify(owner, token=token, confirm=True).status_code == 200


def test_the_owners_browser_gets_a_link_of_its_own_meanwhile(
    browser: Browser, owner: TestClient, ask: Ask
) -> None:
    for number in range(25):
        ask_for_link(browser(HOME), f"p{number}@example.com")  # a neighbour, over the limit
    ask_for_link(browser("203.0.113.1"))
    sent = ask(browser=owner)
    assert verify(owner, token=sent.token).status_code == 200


def test_a_right_link_works_where_wrong_ones_were_tried(
    browser: Browser, client: TestClient, ask: Ask
) -> None:
    sent = ask()
    neighbour = browser("testclient")
    statuses = [verify(neighbour, token="wrong" * 8).status_code for _ in range(61)]
    assert statuses == [401] * 60 + [429]
    assert verify(client, token=sent.token).status_code == 200


def test_who_knows_the_password_does_not_lock_the_owners_second_factor(
    browser: Browser, owner: TestClient, clock: Any
) -> None:
    login(owner)
    secret = owner.post("/api/auth/totp").json()["secret"]
    authenticator = TOTP(secret)
    owner.post("/api/auth/totp/confirm", json={"code": authenticator.at(clock.now())})
    for number in range(12):
        clock.advance(minutes=4)
        login(browser(f"203.0.113.{number}"), totp="000000")
    assert login(browser("198.51.100.9"), totp=authenticator.at(clock.now())).status_code == 429
    assert login(owner, totp=authenticator.at(clock.now())).status_code == 200


@pytest.mark.parametrize("hours", [3, 24 * 400])
def test_a_clock_that_was_set_back_holds_no_sign_in_for_hours(
    hours: int, browser: Browser, ask: Ask, clock: Any, container: Container
) -> None:
    """Attempts, mails and codes of the wrong time, when the clock was ahead."""
    clock.set_wrong(hours=hours)
    here = browser(HOME)
    for _ in range(6):
        login(here, "wrong password")
    ahead = ask(browser=here)
    clock.set_wrong(hours=-hours)
    assert login(here).status_code == 429
    clock.advance(minutes=15, seconds=1)
    assert login(here).status_code == 200
    # A code that ends hours later than it should is none.
    other = browser("198.51.100.9")
    assert verify(other, email=PERSON, otp=ahead.otp).status_code == 401
    assert verify(other, token=ahead.token, confirm=True).status_code == 401
    assert verify(other, token=ask(browser=other).token).status_code == 200
    with container.database.read() as session:
        assert session.query(SignInCode).count() == 0


def test_a_clock_that_was_set_back_does_not_hold_the_second_factor(
    browser: Browser, owner: TestClient, clock: Any
) -> None:
    login(owner)
    authenticator = TOTP(owner.post("/api/auth/totp").json()["secret"])
    clock.set_wrong(hours=3)
    code = {"code": authenticator.at(clock.now())}
    assert owner.post("/api/auth/totp/confirm", json=code).status_code == 200
    clock.set_wrong(hours=-3)
    clock.advance(minutes=1)
    code_of_now = authenticator.at(clock.now())
    assert login(owner, totp=code_of_now).status_code == 200
    assert login(owner, totp=code_of_now).status_code == 401  # used


def test_who_is_signed_in_is_not_kept_from_changing_the_password(
    browser: Browser, owner: TestClient
) -> None:
    assert login(owner).status_code == 200
    for _ in range(6):
        login(browser(HOME), "wrong password")
    new = {"password": "another long phrase", "current_password": PASSWORD}
    assert owner.put("/api/auth/password", json=new).status_code == 200

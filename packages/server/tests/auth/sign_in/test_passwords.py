"""Passwords and the second factor: AU-05."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pyotp.totp import TOTP

from tradertape_server.container import Container
from tradertape_server.features.auth.credentials.passwords import Passwords

PERSON = "person@example.com"
PASSWORD = "correct horse battery"


@pytest.fixture
def with_password(container: Container) -> str:
    container.auth.create_user(PERSON, password=PASSWORD)
    return PASSWORD


def login(client: TestClient, password: str = PASSWORD, **more: Any) -> Any:
    body = {"email": PERSON, "password": password, **more}
    return client.post("/api/auth/password-login", json=body)


def test_the_right_password_signs_in(client: TestClient, with_password: str) -> None:
    """AU-05."""
    assert login(client).json()["has_password"] is True
    assert client.get("/api/auth/me").json()["email"] == PERSON


def test_five_wrong_passwords_lock_the_pair_for_a_quarter_of_an_hour(
    client: TestClient, with_password: str, clock: Any
) -> None:
    """AU-05: 5 failures, then a delay for this account from this address."""
    for _ in range(5):
        answer = login(client, "wrong password")
        assert (answer.status_code, answer.headers["X-Error-Code"]) == (401, "wrong_credentials")
    locked = login(client)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 901
    clock.advance(minutes=15, seconds=1)
    assert login(client).status_code == 200


def test_a_right_password_forgets_the_wrong_ones(client: TestClient, with_password: str) -> None:
    for _ in range(3):
        for _ in range(4):
            assert login(client, "wrong password").status_code == 401
        assert login(client).status_code == 200


def test_a_password_is_set_once_signed_in_and_other_devices_go(sign_in: Any) -> None:
    here, there = sign_in(), sign_in()
    assert here.put("/api/auth/password", json={"password": PASSWORD}).status_code == 200
    assert there.get("/api/auth/me").status_code == 401
    assert here.get("/api/auth/me").json()["has_password"] is True


def test_changing_a_password_needs_the_present_one(sign_in: Any) -> None:
    here = sign_in()
    here.put("/api/auth/password", json={"password": PASSWORD})
    new = {"password": "another long phrase"}
    assert here.put("/api/auth/password", json=new).status_code == 403
    wrong = here.put("/api/auth/password", json={**new, "current_password": "no"})
    assert wrong.headers["X-Error-Code"] == "wrong_credentials"
    right = {**new, "current_password": PASSWORD}
    assert here.put("/api/auth/password", json=right).status_code == 200


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "password12345", "person-person"])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_an_easy_password_is_refused(signed_in: TestClient, password: str) -> None:
    answer = signed_in.put("/api/auth/password", json={"password": password})
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (400, "weak_password")


def enrol(client: TestClient, clock: Any) -> TOTP:
    start = client.post("/api/auth/totp").json()
    assert start["uri"].startswith("otpauth://totp/TraderTape:")
    app = TOTP(start["secret"])
    code = {"code": app.at(clock.now())}
    assert client.post("/api/auth/totp/confirm", json=code).status_code == 200
    return app


def test_a_second_factor_counts_from_its_first_right_code(
    app: FastAPI, sign_in: Any, with_password: str, clock: Any
) -> None:
    """D14: password-login takes totp."""
    here = sign_in()
    here.post("/api/auth/totp")
    wrong = here.post("/api/auth/totp/confirm", json={"code": "000000"})
    assert wrong.headers["X-Error-Code"] == "totp_wrong"
    browser = TestClient(app, base_url="http://localhost:18777")
    assert login(browser).status_code == 200

    authenticator = enrol(here, clock)
    clock.advance(minutes=1)
    assert login(browser).headers["X-Error-Code"] == "totp_needed"
    assert login(browser, totp="000000").headers["X-Error-Code"] == "totp_wrong"
    code = authenticator.at(clock.now())
    assert login(browser, totp=code).status_code == 200
    assert login(browser, totp=code).headers["X-Error-Code"] == "totp_wrong"  # used


def test_a_link_asks_for_the_second_factor_too_and_stays_good(
    client: TestClient, sign_in: Any, ask: Any, clock: Any
) -> None:
    authenticator = enrol(sign_in(), clock)
    clock.advance(minutes=1)
    sent = ask()
    answer = client.post("/api/auth/verify-link", json={"token": sent.token})
    assert answer.headers["X-Error-Code"] == "totp_needed"
    body = {"token": sent.token, "totp": authenticator.at(clock.now())}
    assert client.post("/api/auth/verify-link", json=body).status_code == 200


def test_guessing_the_second_factor_is_limited(
    client: TestClient, sign_in: Any, with_password: str, clock: Any
) -> None:
    enrol(sign_in(), clock)
    clock.advance(minutes=1)
    answers: list[int] = []
    for _ in range(12):
        clock.advance(minutes=4)  # slow enough for the limit on passwords
        answers.append(login(client, totp="000000").status_code)
    assert answers == [401] * 10 + [429] * 2


def test_a_second_factor_is_turned_off_with_a_present_code_only(
    signed_in: TestClient, clock: Any
) -> None:
    authenticator = enrol(signed_in, clock)
    clock.advance(minutes=1)
    path = "/api/auth/totp/disable"
    assert signed_in.post(path, json={"code": "000000"}).status_code == 400
    code = {"code": authenticator.at(clock.now())}
    assert signed_in.post(path, json=code).status_code == 200
    assert signed_in.get("/api/auth/me").json()["totp_enabled"] is False


def test_a_password_of_nobody_takes_as_long_as_any_and_costs_a_start_nothing() -> None:
    """AU-05: the whole work is done before it is found wrong."""
    hashed, checked = [], []

    class Hasher(PasswordHasher):
        def hash(self, password: Any, *, salt: Any = None) -> str:
            hashed.append(password)
            return super().hash(password, salt=salt)

        def verify(self, kept: Any, password: Any) -> Any:
            checked.append(kept)
            return super().verify(kept, password)

    hasher = Hasher()
    passwords = Passwords(hasher)
    assert hashed == []
    assert passwords.verify(None, PASSWORD) is False
    (of_nobody,) = checked
    assert extract_parameters(of_nobody) == extract_parameters(hasher.hash(PASSWORD))
    with pytest.raises(VerifyMismatchError):  # well formed, and wrong only at its end
        hasher.verify(of_nobody, PASSWORD)
    Passwords(hasher).verify(None, PASSWORD)
    assert checked[-1] != of_nobody

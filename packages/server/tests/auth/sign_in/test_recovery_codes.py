"""Recovery codes: signing in without the authenticator app."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pyotp.totp import TOTP
from sqlalchemy import text

from tradertape_server.container import Container

EMAIL = "person@example.com"
PASSWORD = "a long passphrase of mine"
CODE = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}")
RENEW = "/api/auth/totp/recovery-codes"


class Owner:
    """Somebody who has just turned the second factor on."""

    def __init__(self, client: TestClient, clock: Any) -> None:
        self.client = client
        self._clock = clock
        assert client.put("/api/auth/password", json={"password": PASSWORD}).status_code == 200
        self._app = TOTP(client.post("/api/auth/totp").json()["secret"])
        answer = client.post("/api/auth/totp/confirm", json={"code": self._digits()})
        assert answer.status_code == 200, answer.text
        self.codes: list[str] = answer.json()["recovery_codes"]

    def _digits(self) -> str:
        return self._app.at(self._clock.now())

    def next_digits(self) -> str:
        """A code of the app that was not used yet."""
        self._clock.advance(minutes=1)
        return self._digits()

    def left(self) -> int:
        """The number that the settings show."""
        return self.client.get("/api/auth/totp").json()["recovery_codes_left"]


@pytest.fixture
def owner(sign_in: Any, clock: Any) -> Owner:
    return Owner(sign_in(EMAIL), clock)


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://localhost:18777")


def login(client: TestClient, totp: str) -> Any:
    body = {"email": EMAIL, "password": PASSWORD, "totp": totp}
    return client.post("/api/auth/password-login", json=body)


def test_ten_codes_come_with_the_second_factor_and_only_their_hashes_stay(
    owner: Owner, container: Container
) -> None:
    assert len(set(owner.codes)) == 10
    assert all(CODE.fullmatch(code) for code in owner.codes)
    assert owner.left() == 10
    with container.database.read() as session:
        rows = str(session.execute(text("SELECT * FROM recovery_codes")).all())
        audit = str(session.execute(text("SELECT * FROM audit_log")).all())
    for code in owner.codes:
        for form in (code, code.replace("-", "")):
            assert form not in rows + audit


def test_a_code_signs_in_once_however_it_is_typed(owner: Owner, browser: TestClient) -> None:
    first, second, third = owner.codes[:3]
    assert login(browser, first).status_code == 200
    assert login(browser, first).headers["X-Error-Code"] == "totp_wrong"
    assert login(browser, second.upper().replace("-", " ")).status_code == 200
    assert login(browser, f" {third.replace('-', '')} ").status_code == 200
    assert owner.left() == 7
    assert login(browser, owner.next_digits()).status_code == 200  # the app keeps working


def test_a_link_takes_a_recovery_code_too(owner: Owner, browser: TestClient, ask: Any) -> None:
    sent = ask(EMAIL, browser=browser)
    body = {"token": sent.token, "totp": owner.codes[0]}
    assert browser.post("/api/auth/verify-link", json=body).status_code == 200


def test_a_code_of_another_account_is_refused(
    owner: Owner, browser: TestClient, sign_in: Any, clock: Any
) -> None:
    other = Owner(sign_in("other@example.com"), clock)
    assert login(browser, other.codes[0]).headers["X-Error-Code"] == "totp_wrong"
    assert other.left() == 10


def test_guesses_at_recovery_codes_share_the_limit_of_the_apps_codes(
    owner: Owner, browser: TestClient, clock: Any
) -> None:
    answers: list[int] = []
    for attempt in range(12):
        clock.advance(minutes=4)  # slow enough for the limit on passwords
        guess = "000000" if attempt % 2 else "aaaa-bbbb-cccc-dddd"
        answers.append(login(browser, guess).status_code)
    assert answers == [401] * 10 + [429] * 2


def test_using_a_code_is_mailed_and_in_the_accounts_activity(
    owner: Owner, browser: TestClient, newest_mail: Callable[[], EmailMessage]
) -> None:
    login(browser, owner.codes[0])
    mail = newest_mail()
    assert mail["To"] == EMAIL
    assert "recovery code was used" in mail["Subject"]
    assert "9 of the recovery codes are left" in mail.get_content()
    rows = owner.client.get("/api/auth/activity").json()
    used = next(row for row in rows if row["action"] == "recovery_code_used")
    assert used["details"] == {"left": 9}


def test_new_codes_replace_the_former_ones(
    owner: Owner, browser: TestClient, newest_mail: Callable[[], EmailMessage]
) -> None:
    assert owner.client.post(RENEW, json={"code": "000000"}).headers["X-Error-Code"] == "totp_wrong"
    assert owner.left() == 10
    answer = owner.client.post(RENEW, json={"code": owner.next_digits()})
    fresh = answer.json()["recovery_codes"]
    assert answer.status_code == 200
    assert not set(fresh) & set(owner.codes)
    assert "new recovery codes" in newest_mail()["Subject"]
    assert login(browser, owner.codes[0]).status_code == 401
    assert login(browser, fresh[0]).status_code == 200


def test_with_a_lost_phone_a_recovery_code_turns_the_second_factor_off_and_all_codes_with_it(
    owner: Owner, browser: TestClient, newest_mail: Callable[[], EmailMessage]
) -> None:
    body = {"code": owner.codes[0]}
    assert owner.client.post("/api/auth/totp/disable", json=body).status_code == 200
    assert owner.left() == 0
    assert "turned off" in newest_mail()["Subject"]
    answer = browser.post("/api/auth/password-login", json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 200
    assert owner.client.post(RENEW, json=body).headers["X-Error-Code"] == "totp_not_enabled"


def test_resetting_the_second_factor_on_the_machine_deletes_the_codes(
    owner: Owner, container: Container
) -> None:
    container.auth.reset_totp(EMAIL)
    assert owner.left() == 0


@pytest.mark.parametrize("code", ["", "aaaa-bbbb-cccc", "aaaa-bbbb-cccc-dddd-eeee", "12345"])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_neither_kind_of_code_is_refused_as_input(browser: TestClient, code: str) -> None:
    assert login(browser, code).status_code == 422

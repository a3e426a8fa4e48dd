"""Fixtures of the account tests: asking for links and reading the mails."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
from fastapi.testclient import TestClient

PERSON = "person@example.com"


@dataclass(frozen=True)
class Sent:
    """What a mail holds."""

    token: str
    otp: str


@pytest.fixture
def ask(client: TestClient, newest_mail: Callable[[], EmailMessage]) -> Callable[..., Sent]:
    """Ask for a link, by default with `client`, and read the mail that came."""

    def ask(email: str = PERSON, *, browser: TestClient = client) -> Sent:
        answer = browser.post("/api/auth/magic-link", json={"email": email})
        assert answer.status_code == 200, answer.text
        message = newest_mail()
        assert message["To"] == email
        text = message.get_content()
        link = re.search(r"/sign-in/verify\?token=(\S+)", text)
        otp = re.search(r"sign-in page: (\d{6})", text)
        assert link is not None
        assert otp is not None
        return Sent(link[1], otp[1])

    return ask

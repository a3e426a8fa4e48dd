"""AU-19: who becomes an administrator without the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient

from tradertape_server.container import Container
from tradertape_server.settings import Settings

once = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
Newest = Callable[[], EmailMessage]


def sign_up(client: TestClient, email: str, newest_mail: Newest) -> dict[str, Any]:
    """Sign in with a mailed link, as a browser does."""
    client.cookies.clear()
    assert client.post("/api/auth/magic-link", json={"email": email}).status_code == 200
    found = re.search(r"token=([\w-]+)", newest_mail().get_content())
    assert found is not None, newest_mail().get_content()
    answer = client.post("/api/auth/verify-link", json={"token": found[1], "confirm": True})
    assert answer.status_code == 200, answer.text
    return client.get("/api/auth/me").json()


@once
def test_the_first_account_of_a_machine_is_the_administrator_and_is_told(
    client: TestClient, newest_mail: Newest
) -> None:
    assert sign_up(client, "first@example.com", newest_mail)["is_admin"] is True
    assert newest_mail()["Subject"] == "TraderTape: you are the administrator"
    assert sign_up(client, "second@example.com", newest_mail)["is_admin"] is False


@once
def test_after_an_account_of_the_command_line_nobody_is(
    client: TestClient, container: Container, newest_mail: Newest
) -> None:
    container.auth.create_user("demo@example.com", password=None)
    assert sign_up(client, "next@example.com", newest_mail)["is_admin"] is False


@once
class TestBehindAProxy:
    """A server that strangers reach has no administrator of its own accord."""

    @pytest.fixture
    def overrides(self) -> dict[str, Any]:
        return {"public_url": "https://trade.example.com"}

    def test_a_stranger_is_no_administrator(self, client: TestClient, newest_mail: Newest) -> None:
        browser = CheckedClient(client.app, base_url="https://trade.example.com")
        assert sign_up(browser, "stranger@example.com", newest_mail)["is_admin"] is False


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, True),
        ({"host": "127.0.0.1", "public_url": "http://localhost:18777"}, True),
        ({"host": "0.0.0.0"}, False),  # noqa: S104 - compared
        ({"public_url": "https://trade.example.com"}, False),
        ({"allowed_hosts": ("trade.example.com",)}, False),
        ({"trusted_proxies": ("127.0.0.1",)}, False),
    ],
)
def test_only_a_server_for_this_machine_counts(given: dict[str, Any], expected: bool) -> None:
    assert Settings(**given).is_for_this_machine is expected


@once
def test_an_existing_account_is_made_one_and_an_ordinary_one_again(
    container: Container, sign_in: Callable[..., TestClient]
) -> None:
    person = sign_in("me@example.com")
    container.auth.set_admin("me@example.com", is_admin=True)
    assert person.get("/api/auth/me").json()["is_admin"] is True
    container.auth.set_admin("me@example.com", is_admin=False)
    assert person.get("/api/auth/me").json()["is_admin"] is False

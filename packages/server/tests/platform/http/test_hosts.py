"""Requests for hosts that are not this server's are refused: DNS rebinding reaches nothing."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse

from tradertape_server.platform.http.hosts import AllowedHosts
from tradertape_server.settings import Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104 - not listened on
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("header", "is_allowed"),
    [
        ("trade.example.com", True),
        ("Trade.Example.com:443", True),
        ("trade.example.com.", True),
        ("localhost:18777", True),
        ("console.localhost", True),
        ("127.0.0.1:18777", True),
        ("[::1]:18777", True),
        ("a.inside.example", True),
        ("192.168.1.5:18777", False),
        ("evil.example", False),
        ("trade.example.com.evil.example", False),
        ("inside.example", False),
        ("notlocalhost", False),
        ("", False),
        ("[::1", True),
    ],
)
def test_the_hosts_of_a_server_that_listens_on_one_address(header: str, is_allowed: bool) -> None:
    names = ("trade.example.com", "*.inside.example")
    assert AllowedHosts(names, bound="127.0.0.1").allows(header) is is_allowed


def test_on_every_network_any_address_in_digits_is_this_machine() -> None:
    allowed = AllowedHosts((), bound=EVERYWHERE)
    assert allowed.allows("192.168.1.5:18777")
    assert allowed.allows("[fe80::1]:18777")
    assert not allowed.allows("0.0.0.0.evil.example")
    assert not allowed.allows("evil.example")
    assert AllowedHosts((), bound="10.0.0.7").allows("10.0.0.7:80")


def test_the_settings_name_the_hosts() -> None:
    settings = Settings(
        public_url="https://Trade.example.com/console", address="http://trader:18777",
        allowed_hosts=("other.example",),
    )  # fmt: skip
    assert {"trade.example.com", "trader", "other.example"} <= set(settings.host_names)


@ON_SQLITE
@pytest.mark.parametrize("overrides", [{"public_url": "https://trade.example.com"}])
@pytest.mark.parametrize("path", ["/api/health", "/", "/api/auth/me", "/worker/nothing"])
def test_a_foreign_host_is_told_which_setting_to_change(client: TestClient, path: str) -> None:
    refused = client.get(path, headers={"Host": "evil.example"})
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "host_not_allowed")
    assert "TRADERTAPE_ALLOWED_HOSTS" in refused.json()["detail"]
    assert "evil.example" not in refused.text
    for host in ("trade.example.com", "127.0.0.1:18777", "localhost"):
        assert client.get(path, headers={"Host": host}).status_code != 400


@ON_SQLITE
def test_a_second_host_header_does_not_pass(client: TestClient) -> None:
    headers: Any = [("Host", "localhost"), ("Host", "evil.example")]
    assert client.get("/api/health", headers=headers).status_code == 400


@ON_SQLITE
def test_a_socket_for_a_foreign_host_is_refused_before_it_opens(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as refused,
        client.websocket_connect("/api/live/ticks", headers={"Host": "evil.example"}),
    ):
        pass
    assert refused.value.status_code == 400
    assert refused.value.headers["X-Error-Code"] == "host_not_allowed"


@pytest.mark.parametrize(
    ("host", "allow_signup", "is_open"),
    [(EVERYWHERE, True, True), (EVERYWHERE, False, False), ("127.0.0.1", True, False),
     ("localhost", True, False), ("::1", True, False), ("192.168.1.5", True, True)],
)  # fmt: skip
def test_a_server_that_strangers_can_join_is_known(
    host: str, allow_signup: bool, is_open: bool
) -> None:
    assert Settings(host=host, allow_signup=allow_signup).is_open_to_strangers is is_open

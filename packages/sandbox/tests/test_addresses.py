"""Every address that programs are told of, walked over the network: what is printed is served."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEY, SECRET = "sandbox", "sandbox-secret"


@dataclass(frozen=True)
class Printed:
    """A sandbox that serves: its address, and what it said at the start."""

    root: str
    lines: tuple[str, ...]

    @property
    def socket_root(self) -> str:
        return self.root.replace("http", "ws", 1)


@pytest.fixture(scope="module")
def printed() -> Iterator[Printed]:
    command = [
        sys.executable, "-m", "tradertape_sandbox", "serve", "--port", "0", "--totp-secret", SEED,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not lines or not lines[-1].startswith("admin"):
                lines.append(process.stdout.readline())
                assert lines[-1], "the sandbox ended before it had printed its addresses"
            yield Printed(lines[0].split()[1], tuple(line.rstrip() for line in lines))
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def kite_query(printed: Printed) -> str:
    """What opens Kite's ticker: a session by the login page's button and the checksum."""
    page = httpx.get(f"{printed.root}/kite/connect/login?api_key={KEY}&v=3&auto=1")
    (token,) = parse_qs(urlsplit(page.headers["location"]).query)["request_token"]
    proof = hashlib.sha256(f"{KEY}{token}{SECRET}".encode()).hexdigest()
    form = {"api_key": KEY, "request_token": token, "checksum": proof}
    reply = httpx.post(f"{printed.root}/session/token", data=form)
    return f"api_key={KEY}&access_token={reply.json()['data']['access_token']}"


@pytest.fixture(scope="module")
def upstox_headers(printed: Printed) -> dict[str, str]:
    """A session at Upstox by its dialog's button."""
    root, back = f"{printed.root}/upstox/v2/login/authorization", "http://127.0.0.1/back"
    terms = {"client_id": KEY, "response_type": "code", "redirect_uri": back, "auto": "1"}
    page = httpx.get(f"{root}/dialog", params=terms)
    (code,) = parse_qs(urlsplit(page.headers["location"]).query)["code"]
    form = {
        "code": code, "client_id": KEY, "client_secret": SECRET, "redirect_uri": back,
        "grant_type": "authorization_code",
    }  # fmt: skip
    reply = httpx.post(f"{root}/token", data=form)
    return {"Authorization": f"Bearer {reply.json()['access_token']}"}


def opened(address: str, headers: dict[str, str] | None = None) -> ClientConnection:
    return connect(address, additional_headers=headers, open_timeout=20, close_timeout=5)


def test_what_is_printed_is_every_address_and_the_default_account(printed: Printed) -> None:
    root = printed.root
    assert [line.split()[:2] for line in printed.lines[:4]] == [
        ["kite", root],
        ["kite", f"{root}/kite"],
        ["upstox", f"{root}/upstox"],
        ["groww", f"{root}/groww"],
    ]
    assert printed.lines[4] == f"user SB0001, API key {KEY}, secret {SECRET}"
    assert printed.lines[5] == f"TOTP seed {SEED}"
    assert printed.lines[6].split(",")[0].split() == ["admin", f"{root}/admin"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        # Without a session each broker's interface says so in its own way.
        ("GET", "/user/profile", 403),
        ("GET", "/kite/user/profile", 403),
        ("POST", "/orders/regular", 403),
        ("POST", "/kite/orders/regular", 403),
        ("GET", f"/connect/login?api_key={KEY}&v=3", 200),
        ("GET", f"/kite/connect/login?api_key={KEY}&v=3", 200),
        ("GET", f"/connect/login?api_key={KEY}&v=3&auto=1", 302),
        ("GET", f"/kite/connect/login?api_key={KEY}&v=3&auto=1", 302),
        ("GET", "/instruments", 200),
        ("GET", "/upstox/v2/user/profile", 401),
        ("POST", "/upstox/v2/order/place", 401),
        ("POST", "/upstox/v3/order/place", 401),
        ("GET", "/upstox/v3/feed/market-data-feed", 401),
        ("GET", "/upstox/v2/feed/portfolio-stream-feed", 401),
        ("GET", "/upstox/market-quote/instruments/exchange/NSE.json.gz", 200),
        ("GET", "/groww/v1/user/detail", 401),
        ("POST", "/groww/v1/order/create", 401),
        ("POST", "/groww/v1/api/apex/v1/socket/token/create/", 401),
        ("GET", "/groww/instruments/instrument.csv", 200),
        ("GET", "/admin/", 200),
    ],
)
def test_each_address_answers(printed: Printed, method: str, path: str, status: int) -> None:
    time.sleep(0.15)  # the brokers' limits are the sandbox's
    assert httpx.request(method, f"{printed.root}{path}", timeout=30).status_code == status


@pytest.mark.parametrize("path", ["", "/ws", "/kite", "/kite/ws"])
def test_kites_ticker_is_at_the_root_and_under_kite(
    printed: Printed, kite_query: str, path: str
) -> None:
    with opened(f"{printed.socket_root}{path}?{kite_query}") as socket:
        socket.send('{"a": "subscribe", "v": [408065]}')
        assert isinstance(socket.recv(20), bytes)
    with pytest.raises(InvalidStatus) as refused, opened(f"{printed.socket_root}{path}?api_key=x"):
        pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("path", ["/v3/feed/market-data-feed", "/v2/feed/portfolio-stream-feed"])
def test_upstoxs_feeds_are_at_the_clients_own_paths(
    printed: Printed, upstox_headers: dict[str, str], path: str
) -> None:
    address = f"{printed.socket_root}/upstox{path}"
    with opened(address, upstox_headers) as socket:
        socket.ping().wait(20)
    with pytest.raises(InvalidStatus) as refused, opened(address):
        pass
    assert refused.value.response.status_code == 401


def test_upstoxs_feed_is_authorised_to_its_address(
    printed: Printed, upstox_headers: dict[str, str]
) -> None:
    path = f"{printed.root}/upstox/v3/feed/market-data-feed/authorize"
    found = httpx.get(path, headers=upstox_headers).json()["data"]["authorized_redirect_uri"]
    assert found.startswith(f"{printed.socket_root}/upstox/feed?")
    with opened(found) as socket:
        assert isinstance(socket.recv(20), bytes)  # the market's status comes first


def test_growws_feed_is_nats_and_greets(printed: Printed) -> None:
    with opened(f"{printed.socket_root}/groww/feed") as socket:
        greeting = socket.recv(20)
        text = greeting if isinstance(greeting, str) else greeting.decode()
        assert text.startswith("INFO ")
        assert '"auth_required":true' in text.replace(" ", "")

"""Worker tokens for some accounts and from some addresses: AU-11, D18."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.container import Container
from tradertape_server.features.auth.models import ApiKey
from tradertape_server.features.auth.token_scope import checked_address, checked_token_scope
from tradertape_server.platform.http.identity import Identity

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

Json = dict[str, Any]
REFUSED = "This token may not be used from this address."
WORKER = "/api/algo-workers/worker"
TOKENS = "/api/auth/worker-tokens"
HOME, ELSEWHERE, PROXY = "203.0.113.7", "203.0.113.8", "10.0.0.1"
At = Callable[..., TestClient]


@pytest.fixture
def overrides() -> dict[str, Any]:
    return {"trusted_proxies": PROXY}


@pytest.fixture
def at(app: FastAPI) -> At:
    """A caller with a token, from an address."""

    def make(token: str, address: str, **headers: str) -> TestClient:
        sent = {"Authorization": f"Bearer {token}", **headers}
        base_url = "http://localhost:18777"
        return TestClient(app, base_url=base_url, headers=sent, client=(address, 5000))

    return make


@pytest.fixture
def at_home(signed_in: TestClient) -> str:
    """A token that is good at one address."""
    made = signed_in.post(TOKENS, json={"allowed_ips": [HOME]})
    return made.json()["token"]


def test_a_token_keeps_its_lists_and_shows_them(signed_in: TestClient) -> None:
    """AU-11, D18: also through a new secret; the audit log tells them."""
    body = {
        "account_scopes": ["kite:paper-b", "kite:paper-a"],
        "allowed_ips": [HOME, " 2001:DB8::/32", f"{HOME}/32"],
    }
    made = signed_in.post(TOKENS, json=body).json()
    renewed = signed_in.post(f"{TOKENS}/{made['id']}/regenerate").json()
    noted = signed_in.get("/api/auth/activity").json()[0]["details"]
    for row in (made, renewed, signed_in.get(TOKENS).json()[0], noted):
        assert row["account_scopes"] == ["kite:paper-b", "kite:paper-a"]
        assert row["allowed_ips"] == [HOME, "2001:db8::/32"]


def test_a_token_keeps_its_price_bands(signed_in: TestClient) -> None:
    """D18: also through a new secret; the audit log tells them."""
    made = signed_in.post(TOKENS, json={"price_band_pct": 8, "option_price_band_pct": 60}).json()
    renewed = signed_in.post(f"{TOKENS}/{made['id']}/regenerate").json()
    noted = signed_in.get("/api/auth/activity").json()[0]["details"]
    for row in (made, renewed, signed_in.get(TOKENS).json()[0], noted):
        assert (row["price_band_pct"], row["option_price_band_pct"]) == (8, 60)


@ON_SQLITE
@pytest.mark.parametrize("band", [0, -1, 1000.5, "wide"])
def test_a_price_band_that_is_none_is_refused(signed_in: TestClient, band: Any) -> None:
    """D18."""
    answer = signed_in.post(TOKENS, json={"price_band_pct": band})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["pointer"] == "/price_band_pct"


@ON_SQLITE
def test_an_older_token_is_good_everywhere(
    signed_in: TestClient, at: At, container: Container
) -> None:
    """D18: its row is from before there were lists."""
    made = signed_in.post(TOKENS, json={}).json()
    with container.database.write() as session:
        row = session.get_one(ApiKey, made["id"])
        row.account_scopes = row.allowed_ips = None
    assert at(made["token"], ELSEWHERE).get(f"{WORKER}/health").status_code == 200
    assert signed_in.get(TOKENS).json()[0]["allowed_ips"] == []


@ON_SQLITE
def test_a_wrong_entry_is_named(signed_in: TestClient) -> None:
    """AU-11."""
    body = {"allowed_ips": ["::1", "laptop"], "account_scopes": ["kite:paper-a", "b", "paper a"]}
    answer = signed_in.post(TOKENS, json=body)
    assert answer.status_code == 422
    told = {one["pointer"]: one["msg"] for one in answer.json()["detail"]}
    assert set(told) == {"/allowed_ips/1", "/account_scopes/1", "/account_scopes/2"}
    assert told["/allowed_ips/1"].startswith("must be an address (203.0.113.7")
    assert told["/account_scopes/1"] == "must look like kite:paper-a"


def test_a_network_with_an_address_in_it_is_asked_about() -> None:
    """AU-11: whoever writes it may mean either."""
    with pytest.raises(ValueError, match=r"write 10\.0\.0\.0/24 or 10\.0\.0\.5"):
        checked_address("10.0.0.5/24")
    for wrong in ("10.0.0.0/33", "10.0.0", "", "2001:db8::/129"):
        with pytest.raises(ValueError, match="must be an address"):
            checked_address(wrong)


def test_the_command_line_names_a_wrong_entry() -> None:
    """AU-11."""
    with pytest.raises(InvalidInput, match="--ip 'laptop' must be an address"):
        checked_token_scope(["kite:paper-a"], ["::1", "laptop"])
    with pytest.raises(InvalidInput, match="--account 'paper a' must look like kite:paper-a"):
        checked_token_scope(["paper a"], None)


@pytest.mark.parametrize(
    ("allowed", "address", "is_good"),
    [
        ((), "198.51.100.9", True),
        ((), "unknown", True),
        ((HOME,), HOME, True),
        ((HOME,), ELSEWHERE, False),
        (("10.0.0.0/8", "2001:db8::/32"), "10.200.3.4", True),
        (("10.0.0.0/8", "2001:db8::/32"), "2001:db8:5::1", True),
        (("10.0.0.0/8", "2001:db8::/32"), "2001:db9::1", False),
        (("10.0.0.0/8",), "::ffff:10.1.2.3", True),
        (("::ffff:10.1.2.3",), "::ffff:10.1.2.3", True),
        (("10.0.0.0/8",), "::ffff:11.1.2.3", False),
        (("0.0.0.0/0",), "unknown", False),
    ],
)
def test_an_address_is_looked_for_in_the_list(
    allowed: tuple[str, ...], address: str, *, is_good: bool
) -> None:
    """D18."""
    networks = tuple(ip_network(one) for one in allowed)
    caller = Identity(1, "x", "x", is_admin=False, via="worker", credential_id=1, networks=networks)
    assert caller.allows_address(address) is is_good


@ON_SQLITE
def test_a_token_is_refused_elsewhere_also_once_it_is_remembered(
    signed_in: TestClient, at: At, at_home: str
) -> None:
    """D18: and a refused use is none."""
    stranger, own = at(at_home, ELSEWHERE), at(at_home, HOME)
    refused = stranger.get(f"{WORKER}/health")
    assert (refused.status_code, refused.json()) == (403, {"detail": REFUSED})
    assert refused.headers["X-Error-Code"] == "address_not_allowed"
    assert signed_in.get(TOKENS).json()[0]["last_used_at"] is None
    answers = [caller.get(f"{WORKER}/health").status_code for caller in (own, own, stranger, own)]
    assert answers == [200, 200, 403, 200]


@ON_SQLITE
def test_nothing_is_placed_or_streamed_from_elsewhere(
    signed_in: TestClient, at: At, at_home: str
) -> None:
    """D18: the route of orders reads by itself; a stream has its token in the query."""
    stranger, nobody = at(at_home, ELSEWHERE), at("", ELSEWHERE)
    del nobody.headers["Authorization"]
    stream = {"symbols": "NSE:INFY", "token": at_home}
    for answer in (
        stranger.post(f"{WORKER}/runs/run-1/intents", json={}),
        nobody.get(f"{WORKER}/market/ticks/stream", params=stream),
    ):
        assert (answer.status_code, answer.json()) == (403, {"detail": REFUSED})


@ON_SQLITE
def test_a_socket_is_opened_from_its_addresses_only(
    signed_in: TestClient, at: At, at_home: str
) -> None:
    """D18, KD-04: behind a trusted proxy the address it vouches for counts."""
    url = f"ws://localhost:18777{WORKER}/ws/market/ticks?symbols=NSE:INFY"
    forwarded = {"X-Forwarded-For": HOME}
    for good in (at(at_home, HOME), at(at_home, PROXY, **forwarded)):
        with good.websocket_connect(url) as socket:
            assert socket.receive_json()["ticks"]
    for bad in (at(at_home, ELSEWHERE), at(at_home, ELSEWHERE, **forwarded), at(at_home, PROXY)):
        with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):
            bad.websocket_connect(url).__enter__()


@ON_SQLITE
def test_behind_a_trusted_proxy_the_callers_own_address_counts(at: At, at_home: str) -> None:
    """D18, FAULTS §8: a header from anybody else is not believed."""
    statuses = [
        at(at_home, peer, **{"X-Forwarded-For": HOME}).get(f"{WORKER}/health").status_code
        for peer in (PROXY, ELSEWHERE)
    ]
    assert statuses == [200, 403]

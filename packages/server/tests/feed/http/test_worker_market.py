"""The workers' market through the app (KD-02..07)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.doubles.checked_client import CheckedClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tradertape_core.market.candle import Interval
from tradertape_server.container import Container
from tradertape_server.features.auth.audit import COMMAND_LINE
from tradertape_server.features.auth.credentials.keys import Keys, Owner
from tradertape_server.features.auth.http import credential_monitor
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.features.workers.http.market_streams import candle_events, tick_events
from tradertape_server.platform.logging import without_secrets

from .sockets import closing

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)

MARKET = "/api/algo-workers/worker/market"
SOCKETS = "/api/algo-workers/worker/ws/market"
Token = Callable[..., str]


@pytest.fixture
def token(sign_in: Any, container: Container) -> Token:
    """A worker token of person@example.com."""

    def make(*scopes: str) -> str:
        person = sign_in().get("/api/auth/me").json()
        owner, keys = Owner(person["id"], person["email"]), Keys(container.clock, "worker")
        with container.database.write() as session:
            made = keys.create(
                session, owner, COMMAND_LINE, label="x", scopes=list(scopes) or ["data"],
                expires_in_days=None,
            )  # fmt: skip
        return made.token

    return make


@pytest.fixture
def worker(app: FastAPI, client: TestClient, token: Token) -> TestClient:
    headers = {"Authorization": f"Bearer {token()}"}
    return CheckedClient(app, base_url="http://localhost:18777", headers=headers)


def test_a_ticker_resolves_by_symbol_and_by_token(worker: TestClient) -> None:
    """KD-02."""
    one = worker.get(f"{MARKET}/instruments/resolve", params={"symbol": "NSE:INFY"}).json()
    assert (one["exchange"], one["tradingsymbol"], one["name"]) == ("NSE", "INFY", "Infosys")
    again = worker.get(
        f"{MARKET}/instruments/resolve", params={"symbol": str(one["instrument_token"])}
    )
    assert again.json() == one


def test_an_unknown_ticker_names_the_near_ones(worker: TestClient) -> None:
    """KD-02."""
    answer = worker.get(f"{MARKET}/instruments/resolve", params={"symbol": "NSE:INFI"})
    assert answer.status_code == 404
    assert "NSE:INFY" in answer.json()["detail"]
    assert answer.headers["X-Error-Code"] == "unknown_instrument"


def test_an_order_of_an_unknown_name_is_told_the_near_ones(
    app: FastAPI, client: TestClient, token: Token
) -> None:
    """KO-05, KP-01, KB-01: in the words of the market, where it stands in the body."""
    headers = {"Authorization": f"Bearer {token('paper')}"}
    worker = CheckedClient(app, base_url="http://localhost:18777", headers=headers)
    runs = "/api/algo-workers/worker/runs"
    body = {"strategy_run_id": "run-1", "template_id": "t", "account_scope": "kite:paper-a"}
    assert worker.post(runs, json=body).status_code == 200
    order = {
        "exchange": "NSE", "tradingsymbol": "INFYY", "transaction_type": "BUY", "quantity": 1,
        "product": "CNC", "order_type": "MARKET",
    }  # fmt: skip
    known = {**order, "tradingsymbol": "INFY"}
    intent = {"intent_type": "place_order", "payload": {"order": order}, "idempotency_key": "k" * 8}
    for path, sent, pointer in (
        ("intents", intent, "/payload/order/tradingsymbol"),
        ("preview/order", {"order": order}, "/order/tradingsymbol"),
        ("preview/basket", {"orders": [known, order]}, "/orders/1/tradingsymbol"),
    ):
        (problem,) = worker.post(f"{runs}/run-1/{path}", json=sent).json()["detail"]
        assert problem["pointer"] == pointer
        assert problem["msg"] == "NSE:INFYY is not a known instrument; did you mean NSE:INFY?"


def test_many_resolve_though_some_are_unknown(worker: TestClient) -> None:
    """KD-02, KD-03."""
    body = {"symbols": ["NSE:INFY", "NSE:NOPE", ""], "instrument_tokens": [7]}
    answer = worker.post(f"{MARKET}/instruments/resolve", json=body).json()
    assert set(answer["instruments"]) == {"NSE:INFY"}
    assert [row["identifier"] for row in answer["unresolved"]] == ["NSE:NOPE", "7"]


def test_search_finds_contracts_of_an_exchange(worker: TestClient) -> None:
    """KD-02."""
    params = {"query": "NIFTY CE", "exchange": "NFO", "limit": "20"}
    found = worker.get(f"{MARKET}/instruments/search", params=params).json()["instruments"]
    assert len(found) == 20
    assert {(row["exchange"], row["instrument_type"]) for row in found} == {("NFO", "CE")}
    assert all(row["lot_size"] == 65 for row in found if row["expiry"] >= "2026-01-06")


@pytest.mark.parametrize("mode", ["ltp", "quote", "full"])
def test_quotes_are_keyed_by_what_was_asked(worker: TestClient, mode: str) -> None:
    """KD-03."""
    token = worker.get(f"{MARKET}/instruments/resolve", params={"symbol": "NSE:TCS"}).json()
    body = {
        "symbols": ["NSE:INFY", "NSE:NIFTY 50"],
        "instrument_tokens": [token["instrument_token"]],
        "mode": mode,
    }
    quotes = worker.post(f"{MARKET}/quotes", json=body).json()["quotes"]
    assert set(quotes) == {"NSE:INFY", "NSE:NIFTY 50", str(token["instrument_token"])}
    infy = quotes["NSE:INFY"]
    assert infy["last_price"] > 0
    assert ("ohlc" in infy, "depth" in infy) == (mode != "ltp",) * 2
    if mode == "full":
        assert len(infy["depth"]["buy"]) == len(infy["depth"]["sell"]) == 5
        assert infy["ohlc"]["low"] <= infy["last_price"] <= infy["ohlc"]["high"]
        assert infy["is_stale"] is False


def test_options_have_prices_and_open_interest(worker: TestClient, container: Container) -> None:
    """KD-03."""
    chain = container.instruments.master.options("NIFTY")
    level = container.feed.quotes([container.instruments.get("NSE:NIFTY 50")])
    spot = next(iter(level.values())).last_price
    near = min(chain, key=lambda one: abs((one.strike or 0) - spot))
    quote = worker.post(f"{MARKET}/quotes", json={"symbols": [near.id]}).json()["quotes"][near.id]
    assert quote["last_price"] > 0
    assert quote["oi"] % near.lot_size == 0


def test_candles_are_there_before_anybody_watched(worker: TestClient, clock: Any) -> None:
    """KD-04: the session's candles so far, and the one that goes on."""
    params = {"symbol": "NSE:INFY", "interval": "5minute", "lookback": 9}
    made = worker.get(f"{MARKET}/candles", params=params).json()
    assert made["current"]["ts"] == "2026-01-05T10:00:00+05:30"
    assert [c["ts"][11:16] for c in made["candles"]][-1] == "09:55"
    assert made["current"]["is_complete"] is False
    assert all(c["is_complete"] for c in made["candles"])


def test_history_says_where_it_is_from(with_market: None, worker: TestClient) -> None:
    """KD-05."""
    params = {
        "symbol": "NSE:INFY", "timeframe": "day", "from": "2025-12-01", "to": "2025-12-31",
        "ingest": "True", "passthrough": "false",
    }  # fmt: skip
    daily = worker.get(f"{MARKET}/history", params=params).json()
    assert (daily["source"], daily["ingestion"]["status"]) == ("db", "complete")
    assert daily["count"] == len(daily["candles"]) == 22
    params |= {"timeframe": "60minute"}
    hourly = worker.get(f"{MARKET}/history", params=params).json()
    assert hourly["source"] == "simulated"
    assert hourly["candles"][-1]["ts"].startswith("2025-12-31")  # a day alone is all of it
    day = [c for c in hourly["candles"] if c["ts"].startswith("2025-12-30")]
    whole = next(c for c in daily["candles"] if c["ts"].startswith("2025-12-30"))
    assert (day[0]["open"], day[-1]["close"]) == (whole["open"], whole["close"])
    assert max(c["high"] for c in day) == whole["high"]
    assert sum(c["volume"] for c in day) == whole["volume"]


def test_history_refuses_a_range_that_is_too_long_or_backward(worker: TestClient) -> None:
    """KD-05."""
    params = {"symbol": "NSE:INFY", "timeframe": "minute", "from": "2025-01-01", "to": "2025-12-31"}
    answer = worker.get(f"{MARKET}/history", params=params)
    assert (answer.status_code, "60 days" in answer.json()["detail"]) == (400, True)
    params |= {"from": "2026-01-02", "to": "2026-01-01"}
    assert worker.get(f"{MARKET}/history", params=params).status_code == 400
    params |= {"from": "0001-01-01", "to": "9999-12-31"}
    assert worker.get(f"{MARKET}/history", params=params).status_code == 400
    ahead = {"symbol": "NSE:INFY", "from": "2026-02-01", "to": "2026-03-01"}
    answer = worker.get(f"{MARKET}/history", params=ahead)
    assert (answer.status_code, "in the future" in answer.json()["detail"]) == (400, True)
    params |= {"to": "soon"}
    assert worker.get(f"{MARKET}/history", params=params).status_code == 400


def test_a_snapshot_joins_quotes_and_candles(worker: TestClient) -> None:
    """KD-07."""
    body = {"symbols": ["NSE:INFY"], "candles": [{"symbol": "NSE:TCS", "lookback": 3}]}
    answer = worker.post(f"{MARKET}/snapshot", json=body).json()
    assert set(answer["quotes"]) == {"NSE:INFY"}
    assert answer["candles"][0]["symbol"] == "NSE:TCS"
    assert answer["candles"][0]["count"] == 3
    for wanted, pointer in (
        ({"symbol": "NSE:TCS", "lookback": 501}, "/candles/0/lookback"),
        ({"symbol": "NSE:TCS", "intervall": "day"}, "/candles/0/intervall"),
        ({"instrument_token": "TCS"}, "/candles/0/instrument_token"),
    ):
        refused = worker.post(f"{MARKET}/snapshot", json={"candles": [wanted]})
        assert [one["pointer"] for one in refused.json()["detail"]] == [pointer]


def test_streams_say_ticks_and_a_candle_once_more_when_it_is_complete(
    container: Container, clock: Any
) -> None:
    """KD-06: as events of one line each, the present state first."""
    feed, infy = container.feed, container.instruments.get("NSE:INFY")

    async def heard(events: AsyncIterator[bytes]) -> Any:
        name, _, line = (await anext(events)).decode().strip().partition(": ")
        assert (name, "\n" in line) == ("data", False)
        return json.loads(line)

    async def listen() -> tuple[Any, list[Any]]:
        ticks = await heard(tick_events(feed, [infy], Mode.QUOTE))
        events = candle_events(feed, infy, Interval.MINUTE)
        candles = [await heard(events)]
        while not candles[-1]["current"]["is_complete"]:
            clock.advance(seconds=20)
            await asyncio.to_thread(feed.step)
            candles.append(await heard(events))
        return ticks, candles

    said, candles = asyncio.run(listen())
    going_on, complete = candles[0], candles[-1]
    assert going_on["current"]["is_complete"] is False
    (tick,) = said["ticks"]
    assert (tick["instrument"], tick["last_price"] > 0) == ("NSE:INFY", True)
    assert going_on["current"]["ts"] == complete["current"]["ts"]
    assert {"open", "high", "low", "close", "volume"} <= set(complete["current"])


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("ticks", {"symbols": "NSE:INFI"}, 404),
        ("ticks", {"symbols": "NSE:INFY", "mode": "all"}, 400),
        ("candles", {"symbol": "NSE:INFI"}, 404),
        ("candles", {"symbol": "NSE:INFY", "interval": "2minute"}, 400),
        ("candles", {}, 400),
    ],
)
def test_a_stream_of_what_is_not_there_is_refused_at_once(
    worker: TestClient, path: str, query: dict[str, str], status: int
) -> None:
    """KD-06."""
    answer = worker.get(f"{MARKET}/{path}/stream", params=query)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("ticks?symbols=NSE:INFY,NSE:TCS&mode=quote", "ticks"),
        ("candles?symbol=NSE:INFY", "current"),
    ],
)
def test_a_worker_socket_sends_the_present_state_and_every_beat(
    worker: TestClient, container: Container, clock: Any, token: Token, path: str, first: str
) -> None:
    """KD-07: the token is in the query."""
    with worker.websocket_connect(f"{SOCKETS}/{path}&token={token()}") as socket:
        assert socket.receive_json()[first]
        clock.advance(seconds=1)
        container.feed.step()
        following = socket.receive_json()[first]
        assert following


@pytest.mark.parametrize("given", ["", "&token=kwa_wrong", "&token={paper}"])
def test_a_bad_token_is_refused_at_the_handshake(
    client: TestClient, token: Token, given: str
) -> None:
    """KD-07."""
    url = f"{SOCKETS}/ticks?symbols=NSE:INFY" + given.format(paper=token("paper"))
    with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)):
        client.websocket_connect(url).__enter__()


@pytest.mark.parametrize(
    ("asked", "status", "told"),
    [
        ("ticks?symbols=NSE:INFFY", 404, "did you mean NSE:INFY"),
        ("ticks?symbols=NSE:INFY&mode=all", 400, "mode must be"),
        ("candles?symbol=NSE:INFFY", 404, "did you mean NSE:INFY"),
        ("candles?symbol=NSE:INFY&interval=2minute", 400, "unknown interval"),
    ],
)
def test_a_handshake_says_what_is_wrong_with_the_query(
    client: TestClient, token: Token, asked: str, status: int, told: str
) -> None:
    """KD-07: not a plain 403, which would blame the token."""
    with pytest.raises(WebSocketDenialResponse) as refused:
        client.websocket_connect(f"{SOCKETS}/{asked}&token={token()}").__enter__()
    assert refused.value.status_code == status
    assert told in refused.value.json()["detail"]


def test_a_token_may_come_in_a_header_or_as_a_subprotocol(client: TestClient, token: Token) -> None:
    """KD-07."""
    url = f"{SOCKETS}/ticks?symbols=NSE:INFY"
    with client.websocket_connect(url, headers={"Authorization": f"Bearer {token()}"}) as socket:
        assert socket.receive_json()["ticks"]
    with client.websocket_connect(url, subprotocols=["bearer", token()]) as socket:
        assert socket.accepted_subprotocol == "bearer"


@pytest.mark.parametrize("replaced", [False, True], ids=["revoked", "regenerated"])
def test_a_revoked_token_ends_its_socket(
    client: TestClient, container: Container, sign_in: Any, token: Token, replaced: bool
) -> None:
    """FAULTS §5: closed within five seconds; here at the next look."""
    url = f"{SOCKETS}/ticks?symbols=NSE:INFY&token={token()}"
    person = sign_in()
    with client.websocket_connect(url) as socket:
        socket.receive_json()
        key = person.get("/api/auth/worker-tokens").json()[0]["id"]
        container.credentials.check()
        assert socket.receive_json()  # still good
        if replaced:
            person.post(f"/api/auth/worker-tokens/{key}/regenerate")
        else:
            person.delete(f"/api/auth/worker-tokens/{key}")
        container.credentials.check()
        assert closing(socket) == 4401
    assert container.feed.subscriptions.active == ()


def test_a_token_has_so_many_streams_and_no_more(
    client: TestClient, worker: TestClient, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of both kinds together; another token has its own."""
    monkeypatch.setattr(credential_monitor, "MAX_STREAMS", 1)
    url, others = f"{SOCKETS}/ticks?symbols=NSE:INFY", {"Authorization": f"Bearer {token()}"}
    with worker.websocket_connect(url) as socket:
        assert socket.receive_json()["ticks"]
        with worker.websocket_connect(url) as second:
            assert closing(second) == 4429
        for path in ("ticks/stream?symbols=NSE:INFY", "candles/stream?symbol=NSE:INFY"):
            answer = worker.get(f"{MARKET}/{path}")
            assert (answer.status_code, answer.headers["X-Error-Code"]) == (429, "too_many_streams")
            assert "1 open streams" in answer.json()["detail"]
        with client.websocket_connect(url, headers=others) as other:
            assert other.receive_json()["ticks"]
    with worker.websocket_connect(url) as again:
        assert again.receive_json()["ticks"]


def test_a_token_in_a_url_does_not_reach_the_log(engine: str) -> None:
    line = '127.0.0.1:1 - "WebSocket /api/x?token=kwa_abcdefghijk&symbols=NSE%3AINFY" [accepted]'
    assert "kwa_abc" not in without_secrets(line)

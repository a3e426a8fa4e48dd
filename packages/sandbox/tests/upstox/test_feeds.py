"""The market feed and the portfolio feed: who may connect, the modes, and what is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from packages.sandbox.tests.upstox.served_upstox import INFY, NIFTY, ServedUpstox, body
from packages.sandbox.tests.upstox.test_gtt import entry, gtt
from starlette.testclient import TestClient, WebSocketDenialResponse, WebSocketTestSession

from tradertape_sandbox.wire.upstox import feed, feed_shapes, portfolio_feed
from tradertape_sandbox.wire.upstox.schema import FeedResponse

MARKET, PORTFOLIO = "/v3/feed/market-data-feed", "/v2/feed/portfolio-stream-feed"
LIVE, INFO = 1, 2


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets look around often: the test moves the market from another thread."""
    for module in (feed, portfolio_feed):
        monkeypatch.setattr(module, "_CHECK_EVERY_S", 0.02)


@contextmanager
def socket(
    upstox: ServedUpstox, path: str, headers: dict[str, str] | None = None
) -> Iterator[WebSocketTestSession]:
    client = TestClient(upstox.sandbox.app, client=("127.0.0.1", 4711))
    sent = upstox.headers if headers is None else headers
    with client.websocket_connect("/upstox" + path, headers=sent) as opened:
        yield opened


def ask(opened: WebSocketTestSession, method: str, keys: list[str], mode: str = "") -> None:
    data: dict[str, Any] = {"instrumentKeys": keys, **({"mode": mode} if mode else {})}
    opened.send_bytes(json.dumps({"guid": "g", "method": method, "data": data}).encode())


def read(opened: WebSocketTestSession) -> Any:
    return FeedResponse.FromString(opened.receive_bytes())


def feed_of(opened: WebSocketTestSession, key: str) -> Any:
    """The next message's feed of a key."""
    while True:
        message = read(opened)
        if key in message.feeds:
            return message.feeds[key]


def options(upstox: ServedUpstox, count: int) -> list[str]:
    rows = upstox.data("GET", "/v2/option/contract", params={"instrument_key": NIFTY})
    level = float(upstox.last("NSE:NIFTY 50"))
    rows.sort(key=lambda row: abs(row["strike_price"] - level))
    return [row["instrument_key"] for row in rows[:count]]


def refusal(upstox: ServedUpstox, path: str, headers: dict[str, str] | None = None) -> int:
    with pytest.raises(WebSocketDenialResponse) as refused, socket(upstox, path, headers):
        pass
    return refused.value.status_code


# --- who may connect ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [MARKET, PORTFOLIO, "/feed?code=wrong", "/feed/portfolio?code=x"])
def test_a_socket_without_a_session_is_answered_401(upstox: ServedUpstox, path: str) -> None:
    assert refusal(upstox, path, {"Authorization": "Bearer wrong"}) == 401


@pytest.mark.parametrize("feed_path", [MARKET, PORTFOLIO])
def test_an_authorised_address_is_for_one_connection(upstox: ServedUpstox, feed_path: str) -> None:
    found = upstox.data("GET", f"{feed_path}/authorize")
    assert found["authorizedRedirectUri"] == found["authorized_redirect_uri"]
    parts = urlsplit(found["authorized_redirect_uri"])
    assert (parts.scheme, parts.netloc) == ("ws", "127.0.0.1:18900")
    path = f"{parts.path.removeprefix('/upstox')}?{parts.query}"
    with socket(upstox, path, {}):
        pass
    assert refusal(upstox, path, {}) == 401


def test_a_request_without_a_socket_is_redirected(upstox: ServedUpstox) -> None:
    for path, to in ((MARKET, "/upstox/feed?"), (PORTFOLIO, "/upstox/feed/portfolio?")):
        reply = upstox.call("GET", path, params={})
        assert (reply.status_code, to in reply.headers["location"]) == (302, True)


@pytest.mark.parametrize("path", ["/authorize", ""])
def test_the_market_feed_of_v2_is_gone(upstox: ServedUpstox, path: str) -> None:
    assert upstox.error("GET", f"/v2/feed/market-data-feed{path}") == (410, "UDAPI10000")


def test_a_third_connection_is_refused(upstox: ServedUpstox) -> None:
    with socket(upstox, MARKET), socket(upstox, MARKET):
        assert refusal(upstox, MARKET) == 429
        with socket(upstox, PORTFOLIO):
            pass


@pytest.mark.parametrize("path", [MARKET, PORTFOLIO])
def test_the_end_of_the_session_closes_the_socket(upstox: ServedUpstox, path: str) -> None:
    with socket(upstox, path) as opened:
        upstox.clock.at += timedelta(days=1)
        message = opened.receive()
        while message["type"] != "websocket.close":
            message = opened.receive()
        assert message["code"] == 1008


# --- the market feed ------------------------------------------------------------------------------


def test_the_first_message_is_the_status_of_each_segment(upstox: ServedUpstox) -> None:
    with socket(upstox, MARKET) as opened:
        first = read(opened)
        assert first.type == INFO
        segments = dict(first.marketInfo.segmentStatus)
        assert segments["NSE_EQ"] == segments["NSE_FO"] == 2  # NORMAL_OPEN
        assert segments["MCX_FO"] == 3  # NORMAL_CLOSE


def test_each_mode_has_its_fields(upstox: ServedUpstox) -> None:
    [option] = options(upstox, 1)
    with socket(upstox, MARKET) as opened:
        ask(opened, "sub", [option], "ltpc")
        assert feed_of(opened, option).ltpc.ltp > 0
        ask(opened, "change_mode", [option], "option_greeks")
        shown = feed_of(opened, option)
        assert shown.requestMode == 2
        first = shown.firstLevelWithGreeks
        assert 0 < first.firstDepth.bidP < first.firstDepth.askP
        assert first.optionGreeks.gamma > 0 < first.iv
        ask(opened, "change_mode", [option], "full")
        full = feed_of(opened, option).fullFeed.marketFF
        assert len(full.marketLevel.bidAskQuote) == 5
        assert (full.optionGreeks.delta, full.iv) == (first.optionGreeks.delta, first.iv)
        ask(opened, "change_mode", [option], "full_d30")
        deep = feed_of(opened, option)
        assert deep.requestMode == 3
        assert len(deep.fullFeed.marketFF.marketLevel.bidAskQuote) == 30


def test_ticks_follow_the_market_until_the_key_is_dropped(upstox: ServedUpstox) -> None:
    with socket(upstox, MARKET) as opened:
        ask(opened, "sub", [INFY, NIFTY], "ltpc")
        feed_of(opened, INFY)
        upstox.set_price(Decimal("150.00"))
        while feed_of(opened, INFY).ltpc.ltp != 150.0:
            pass
        ask(opened, "unsub", [INFY])
        ask(opened, "sub", [NIFTY], "full")
        while feed_of(opened, NIFTY).requestMode != 1:
            pass
        upstox.set_price(Decimal("151.00"))
        upstox.set_price(Decimal(25_000), "NSE:NIFTY 50")
        message = read(opened)
        while NIFTY not in message.feeds:
            message = read(opened)
        assert INFY not in message.feeds


def test_one_key_more_than_a_mode_may_have(
    upstox: ServedUpstox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(feed_shapes.MODES, "full_d30", (3, 2))
    keys = options(upstox, 4)
    with socket(upstox, MARKET) as opened:
        ask(opened, "sub", keys[:3], "full_d30")
        ask(opened, "sub", keys[3:], "ltpc")
        seen: set[str] = set()
        while keys[3] not in seen:
            seen |= set(read(opened).feeds)
        assert seen == {*keys[:2], keys[3]}


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"nothing", b"[]", b"{}", b'{"method":"sub"}', b'{"method":"sub","data":[]}',
        b'{"method":"sub","data":{"instrumentKeys":"x"}}',
        b'{"method":"sub","data":{"instrumentKeys":[1,null,"NSE_EQ|","x|y"]}}',
        b'{"method":"sub","data":{"instrumentKeys":["NSE_EQ|INE009A01021"],"mode":["full"]}}',
        b'{"method":["sub"],"data":{"instrumentKeys":["NSE_EQ|INE009A01021"],"mode":"full"}}',
    ],
)  # fmt: skip
def test_a_request_that_is_wrong_is_passed_over(upstox: ServedUpstox, sent: bytes) -> None:
    with socket(upstox, MARKET) as opened:
        opened.send_bytes(sent)
        ask(opened, "sub", [NIFTY], "ltpc")
        assert feed_of(opened, NIFTY).ltpc.ltp > 0


# --- the portfolio feed ---------------------------------------------------------------------------


def updates(opened: WebSocketTestSession, count: int) -> list[dict[str, Any]]:
    return [json.loads(opened.receive_text()) for _ in range(count)]


def test_an_orders_states_are_sent_as_the_book_has_them(upstox: ServedUpstox) -> None:
    with socket(upstox, PORTFOLIO) as opened:
        order = body("LIMIT", upstox.at("0.95"), tag="mine")
        name = upstox.data("POST", "/v2/order/place", json=order)["order_id"]
        upstox.data("DELETE", "/v2/order/cancel", params={"order_id": name})
        *_, first, last = updates(opened, 3)
        assert (first["update_type"], first["order_id"], first["status"]) == ("order", name, "open")
        assert (last["status"], last["tag"], last["user_id"]) == ("cancelled", "mine", "SB0001")
        row = upstox.data("GET", "/v2/order/details", params={"order_id": name})
        assert {key: last[key] for key in row} == row
        assert last["instrument_key"] == INFY


def test_only_the_kinds_that_were_asked_for_are_sent(upstox: ServedUpstox) -> None:
    kinds = "position%2Cholding%2Cgtt_order"
    with socket(upstox, f"{PORTFOLIO}?update_types={kinds}") as opened:
        upstox.data("POST", "/v2/order/place", json=body(quantity=2, transaction_type="SELL"))
        position, holding = updates(opened, 2)
        assert (position["update_type"], position["quantity"]) == ("position", -2)
        assert (holding["update_type"], holding["cnc_used_quantity"]) == ("holding", 2)
        rules = gtt(entry(upstox.at("1.1")))
        [name] = upstox.data("POST", "/v3/order/gtt/place", json=rules)["gtt_order_ids"]
        [shown] = updates(opened, 1)
        assert (shown["update_type"], shown["gtt_order_id"]) == ("gtt_order", name)
        upstox.data("DELETE", "/v3/order/gtt/cancel", json={"gtt_order_id": name})
        [shown] = updates(opened, 1)
        assert shown["rules"][0]["status"] == "CANCELLED"


def test_an_unknown_kind_is_refused(upstox: ServedUpstox) -> None:
    assert refusal(upstox, f"{PORTFOLIO}?update_types=trades") == 400
    path = f"{PORTFOLIO}/authorize"
    assert upstox.error("GET", path, params={"update_types": "x"}) == (400, "UDAPI100036")

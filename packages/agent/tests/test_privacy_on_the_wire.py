"""With obfuscation on, every byte that reaches the cloud is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_core.orders.order import OrderStatus
from tradertape_core.orders.reports import Trade, VenueOrder


@pytest.fixture
def own(
    tmp_path: Path, cloud: FakeCloud, running: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machine]:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    monkeypatch.setattr("tradertape_brokers.limiter.Limiter.acquire", lambda *_: 0.0)
    cloud.obfuscation = True
    with machine(tmp_path, cloud, running) as made:
        yield made


def test_ap_04_no_real_figure_or_id_leaves_and_fills_are_exact(own: Machine) -> None:
    own.cycle()
    factor = own.agent.privacy.factor.factor
    asked = Decimal(1237) * factor + Decimal("0.01")  # a little more than 1237 shares
    own.cloud.add(
        1, order={"type": "market", "stop_trigger": 1}, quantity=float(asked), scaled=True
    )
    for _ in range(3):
        own.cycle()
    [order] = own.orders()
    assert order.request.quantity == 1237
    filled = own.cloud.results[-1]
    assert (filled["outcome"], filled["scaled"]) == ("filled", True)
    assert Decimal(str(filled["filled_quantity"])) == 1237 * factor
    assert filled["factor_id"] == own.agent.privacy.factor.factor_id
    [*_, position] = own.cloud.posted("sync-positions")[-1]["positions"]
    assert Decimal(str(position["quantity"])) == 1237 * factor
    assert own.cloud.posted("sync-holdings")[-1]["scaled"] is True
    everything = b"\n".join(own.cloud.bodies)
    assert not re.search(rb"(?<![\d.])1237(?![\d.])", everything)
    for word in (b"SB0001", order.venue_order_id.encode(), order.tag.encode()):
        assert word not in everything
    assert own.cloud.posted("access-token") == []


def test_what_left_is_kept_byte_for_byte(own: Machine) -> None:
    own.cycle()
    kept = [bytes(row["body"]) for row in own.agent.journal.outgoing.newest() if row["body"]]
    assert sorted(kept) == sorted(own.cloud.bodies)
    assert all(row["outcome"] for row in own.agent.journal.outgoing.newest())


def test_a_body_with_an_unscaled_figure_is_not_sent(own: Machine) -> None:
    own.cycle()
    sent = len(own.cloud.bodies)
    body = {"signal_id": 1, "outcome": "filled", "filled_quantity": 1237, "scaled": True}
    own.agent.journal.reports.add("/api/agent/other", body, own.watch.now())
    own.agent.loop._replay._body = lambda stored: stored  # what makes bodies has a fault
    health = own.cycle()
    assert (health.cloud, "not scaled" in health.problem) == ("error", True)
    assert all(b"1237" not in one for one in own.cloud.bodies[sent:])
    assert own.agent.journal.reports.count() == 1


def test_a_login_through_the_cloud_keeps_the_session_here(own: Machine) -> None:
    """The cloud hands the page's code over once; with obfuscation it gets no session back."""
    from urllib.parse import parse_qs, urlsplit

    import httpx

    primary = own.agent.desk.primary
    for is_hidden in (True, False):
        own.cloud.obfuscation = is_hidden
        primary._ended("over")
        page = httpx.get(f"{primary.login_url(redirect_uri='', state='s')}&auto=1")
        code = parse_qs(urlsplit(page.headers["location"]).query)["request_token"][0]
        own.cloud.tokens = [{"request_token": code, "broker": "kite"}]
        own.cycle()
        assert own.cycle().broker == "ok"
        assert (own.cloud.posted("access-token") == []) is is_hidden
    [given] = own.cloud.posted("access-token")
    assert (given["broker"], given["user_id"]) == ("kite", "SB0001")
    assert json.dumps(given).count(primary.session.access_token.reveal()) == 1


def numbers_of(value: object, name: str = "") -> Iterator[tuple[str, Decimal]]:
    """Every number of a document, with its name."""
    if isinstance(value, dict):
        for inner, one in value.items():
            yield from numbers_of(one, inner)
    elif isinstance(value, list):
        for one in value:
            yield from numbers_of(one, name)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield name, Decimal(value)


def a_day(own: Machine) -> Decimal:
    """Bought at once and by a trigger, in part, sold, refused, lost, corrected; the factor."""
    own.cycle()
    factor = own.agent.privacy.factor.factor

    def scaled(units: int) -> float:
        return float(Decimal(units) * factor + Decimal("0.01"))

    now, half = {"type": "market", "stop_trigger": 1}, {"type": "limit", "limit_price": 149}
    own.cloud.add(1, order=now, quantity=scaled(1237), scaled=True)
    own.cloud.add(2, quantity=scaled(1361), scaled=True)
    own.cloud.add(3, order=now, quantity=scaled(98_761), scaled=True)  # more than the money
    own.cloud.add(4, order=half, quantity=scaled(1459), scaled=True)
    own.cycle()
    own.price("160.2")
    own.until_fired()
    for _ in range(3):
        own.cycle()
    own.cloud.is_down = True
    sale = {"side": "SELL", "kind": "exit_rule", "order": {"type": "market"}, "scaled": True}
    own.cycle()
    own.cloud.is_down = False
    own.cloud.add(5, quantity=scaled(1237), **sale)
    own.cloud.add(6, quantity=scaled(1361), **sale)
    for _ in range(3):
        own.cycle()
        own.later(minutes=6)  # what has not changed is sent again
    own.cloud.cancellations = [
        {"signal_id": 4, "idempotency_key": "sig-4-1", "reason": "it is over", "gtt_id": None,
         "order_id": None}
    ]  # fmt: skip
    [found] = [
        one for one in own.agent.reconciler.report["items"] if one["symbol"] == "NSE:TCS"
    ]  # fmt: skip
    from tradertape_agent.reconciling.corrections import Correction

    own.agent.actions.correct("NSE:TCS", Correction.ADOPT, found["difference"], "bought 1999")
    own.agent.actions.order("NSE:SBIN", 80)
    for _ in range(3):
        own.cycle()
    return factor


def test_ap_04_of_a_whole_day_no_figure_and_no_id_leaves_and_what_closes_nets_to_zero(
    own: Machine,
) -> None:
    factor = a_day(own)
    account, cloud = own.agent.desk.primary, own.cloud
    told = {one["signal_id"]: one for one in cloud.results}
    assert [told[number]["outcome"] for number in (1, 2, 3, 5, 6)] == [
        "filled", "filled", "rejected", "filled", "filled",
    ]  # fmt: skip
    exact = [json.loads(one, parse_float=Decimal) for one in cloud.result_bodies]
    fills = {
        one["signal_id"]: one["filled_quantity"] for one in exact if one["outcome"] == "filled"
    }
    assert fills[1] - fills[5] == 0 == fills[2] - fills[6]
    assert (fills[1], fills[2]) == (1237 * factor, 1361 * factor)

    everything = b"\n".join(cloud.everything)
    session = account.session
    assert session is not None
    ids = {order.venue_order_id for order in own.orders()} | {order.tag for order in own.orders()}
    long_ago = datetime(2000, 1, 1, tzinfo=timezone.utc)
    ids |= {one.venue_id for one in own.agent.journal.intents.since(long_ago)}
    secret = {"SB0001", session.access_token.reveal(), session.api_key + ":", "sandbox-secret"}
    for word in (ids | secret) - {None, ""}:
        assert str(word).encode() not in everything, word
    for units in (1237, 1361, 98_761, 1459):
        assert not re.search(rf"(?<![\d.]){units}(?![\d.])".encode(), everything), units

    real: set[Decimal] = set()
    for one in account.holdings():
        real |= {one.invested, one.value, one.pnl, Decimal(one.quantity)}
    for one in account.positions():
        real |= {Decimal(one.quantity), one.pnl}
    for margin in account.margins():
        real |= {margin.available_cash, margin.net, margin.available_margin}
    real = {abs(one) for one in real if abs(one) > 20}  # counts of rows are small numbers
    assert len(real) > 12
    for body in cloud.bodies:
        for name, number in numbers_of(json.loads(body, parse_float=Decimal)):
            if name not in ("average_price", "last_price", "signal_id"):
                assert abs(number) not in real, (name, number)
    assert [path for path, _ in cloud.posts if path == "access-token"] == []


def test_d10_of_an_order_from_before_the_switch_a_share_is_told(
    own: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cloud knows its real size: a scaled figure would be wrong there, and tell the factor."""
    own.cloud.obfuscation = False
    own.cloud.add(1, quantity=1237, order={"type": "limit", "limit_price": 140})
    own.cycle()
    own.cloud.obfuscation = True
    in_the_book(own, monkeypatch, filled=412)
    own.cycle()
    sent = own.cloud.results[-1]
    assert (sent["outcome"], sent["scaled"]) == ("partially_filled", True)
    assert round(sent["filled_share"] * 1237) == 412
    assert (sent.get("filled_quantity"), sent["average_price"]) == (None, 139.5)
    factor = own.agent.privacy.factor.factor
    told = json.loads(own.cloud.result_bodies[-1], parse_float=Decimal)
    assert not {412 * factor, 1237 * factor, 412} & {one for _, one in numbers_of(told)}


def test_a_fill_that_is_seen_with_the_end_of_its_order_is_reported_before_it(
    own: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.cloud.obfuscation = False
    own.cloud.add(1, quantity=1237, order={"type": "limit", "limit_price": 140})
    own.cycle()
    in_the_book(own, monkeypatch, filled=412, status=OrderStatus.CANCELLED)
    own.cycle()
    assert own.cloud.outcomes(1) == ["placed", "partially_filled", "cancelled"]
    [part] = [one for one in own.cloud.results if one["outcome"] == "partially_filled"]
    assert (part["filled_quantity"], part["average_price"]) == (412, 139.5)


def in_the_book(own: Machine, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """From now on the broker's book shows its order otherwise: units of it are filled."""
    orders = own.agent.desk.primary.trading.orders
    real = type(orders).order_book
    fill = Trade(
        trade_id="T1", quantity=changes.pop("filled"), price=Decimal("139.5"), at=own.watch.now()
    )  # fmt: skip

    def book(self: object) -> list[VenueOrder]:
        return [replace(one, trades=(fill,), **changes) for one in real(self)]

    monkeypatch.setattr(type(orders), "order_book", book)

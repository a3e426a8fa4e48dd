"""With obfuscation on, every byte that reaches the cloud is looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running


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

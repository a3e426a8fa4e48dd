"""Every entry of the documentation's troubleshooting is reproduced, and named by the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine, sign_in
from packages.brokers.tests.sandboxed import Running, served_sandbox

from tradertape_agent.doctor import examine
from tradertape_agent.reconciling.ignoring import Ignore
from tradertape_agent.runlock import RunLock
from tradertape_brokers.errors import RateLimited
from tradertape_sandbox.wire.sessions import SANDBOX_API_KEY


@pytest.fixture
def own(tmp_path: Path, cloud: FakeCloud, running: Running) -> Iterator[Machine]:
    with machine(tmp_path, cloud, running) as made:
        yield made


def said(own: Machine) -> dict[str, str]:
    return {one.about: one.words for one in examine(own.agent)}


def failures(own: Machine) -> list[tuple[str, int]]:
    found = [one for one in examine(own.agent) if one.error is not None and one.is_fatal]
    return [(one.about, one.error.exit_code) for one in found if one.error is not None]


def test_all_is_well(own: Machine) -> None:
    own.cloud.config = {
        "server_time": own.cloud.now().isoformat(),
        "portfolios": [
            {"id": 7, "name": "Swing", "status": "active", "auto_place_signals": True}
        ],
    }  # fmt: skip
    assert failures(own) == []
    assert said(own)["broker kite"] == "signed in as SB0001, executes signals"
    assert said(own)["portfolio Swing"] == "active, its signals are placed automatically"
    assert "0 pending" in said(own)["signals"]


def test_at_01_cloud_authentication_failed(own: Machine) -> None:
    own.cloud.is_revoked = True
    assert failures(own) == [("cloud", 4)]
    assert said(own)["cloud"].startswith("Cloud authentication failed")


def test_at_02_broker_not_connected(own: Machine) -> None:
    own.agent.desk.primary._ended("over")
    assert failures(own) == [("broker kite", 5)]
    words = said(own)["broker kite"]
    assert words.startswith("Broker not connected")
    assert "Brokers, Zerodha Kite, Login" in words


def test_at_03_signals_do_not_appear(own: Machine) -> None:
    assert "choose the agent for a portfolio" in said(own)["portfolios"]
    own.cloud.config = {
        "kill_switch": True,
        "server_time": (own.cloud.now() + timedelta(minutes=5)).isoformat(),
        "portfolios": [
            {"id": 1, "name": "A", "status": "paused", "auto_place_signals": True},
            {"id": 2, "name": "B", "status": "active", "auto_place_signals": False},
        ],
    }  # fmt: skip
    found = said(own)
    assert "paused, not active" in found["portfolio A"]
    assert "auto_place_signals is off" in found["portfolio B"]
    assert "on in the cloud" in found["kill switch"]
    assert "from the cloud's" in found["clock"]
    assert "is not running" in found["agent"]


def test_at_03_the_cloud_is_not_reachable(own: Machine) -> None:
    own.cloud.is_down = True
    assert failures(own) == [("cloud", 1)]
    assert "Is cloud_url right?" in said(own)["cloud"]
    assert "/api/auth/me" in said(own)["cloud"]


def test_at_02_the_session_of_upstox_is_over(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with machine(tmp_path, cloud, running, "upstox") as own:
        own.agent.desk.primary._ended("over")
        assert failures(own) == [("broker upstox", 5)]
        assert "Brokers, Upstox, Login" in said(own)["broker upstox"]


def test_at_02_the_credentials_of_groww_have_changed(
    tmp_path: Path, cloud: FakeCloud, running: Running
) -> None:
    with machine(tmp_path, cloud, running, "groww") as own:
        own.agent.desk.primary._ended("over")
        own.agent.desk.primary._credentials = replace(
            own.agent.desk.primary._credentials, api_key=f"{SANDBOX_API_KEY}-old"
        )
        assert failures(own) == [("broker groww", 5)]
        assert "configure --broker groww" in said(own)["broker groww"]


def test_at_02_the_address_is_not_registered_with_the_broker(
    tmp_path: Path, cloud: FakeCloud
) -> None:
    """Upstox refuses orders, and only orders, from another address than the registered one."""
    with served_sandbox() as other, machine(tmp_path, cloud, other, "upstox") as own:
        assert "takes orders from this machine" in said(own)["address"]
        session = own.agent.desk.primary.session
        assert session is not None
        changed = httpx.put(
            f"{other.url('upstox')}/v2/user/ip",
            headers={"Authorization": f"Bearer {session.access_token.reveal()}"},
            json={"primary_ip": "203.0.113.7"},
        )
        assert changed.status_code == 200, changed.text
        sign_in(own.agent)  # a change ends the session
        assert failures(own) == [("address", 1)]
        words = said(own)["address"]
        assert "takes no orders from this machine" in words
        assert "Register it in the settings of your app at Upstox" in words
        assert own.orders() == []


def test_at_05_the_ui_is_slow(own: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradertape_sandbox.wire.rate_limits.RateLimits.admit", lambda *_: None)
    assert "holdings and positions in" in said(own)["speed of kite"]
    primary, inner = own.agent.desk.primary, own.agent.desk.primary.holdings

    def slow() -> object:
        own.later(seconds=3)
        return inner()

    monkeypatch.setattr(primary, "holdings", slow)
    assert "limits the calls of your app" in said(own)["speed of kite"]

    def limited() -> object:
        raise RateLimited("Kite takes no more requests for the moment")

    monkeypatch.setattr(primary, "holdings", limited)
    words = said(own)["speed of kite"]
    assert "takes no more requests" in words
    assert "Close other programs" in words


def test_at_06_reconciliation_always_shows_drift(own: Machine) -> None:
    assert "reconciliation" not in said(own)
    own.cycle()
    own.cycle()
    words = said(own)["reconciliation"]
    assert "NSE:TCS +15" in words
    assert "import your tradebooks" in words
    own.agent.ignores.add(Ignore(symbol="NSE:TCS"))
    assert "NSE:TCS" not in said(own)["reconciliation"]


def test_at_04_an_order_that_nobody_wanted_comes_from_a_strategy(own: Machine) -> None:
    assert "tighten the strategy" in said(own)["auto-execute"]


def test_at_03_the_agent_runs_and_does_not_reach_the_cloud(own: Machine) -> None:
    own.cycle()
    with RunLock(own.agent.folder.lock):
        assert "its last poll was" in said(own)["agent"]
        own.later(seconds=90)
        assert "its last poll was" in said(own)["agent"], "a cycle with a slow broker"
        own.later(minutes=5)
        assert "does not reach the cloud" in said(own)["agent"]

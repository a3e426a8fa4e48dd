"""Every entry of the documentation's troubleshooting is reproduced, and named by the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from packages.agent.tests.fake_cloud import FakeCloud
from packages.agent.tests.machine import Machine, machine
from packages.brokers.tests.sandboxed import Running

from tradertape_agent.doctor import examine


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

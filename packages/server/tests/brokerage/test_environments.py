"""AU-15: what runs, orders and positions move stays what it was, whoever signs in afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.brokerage.test_live_gates import (
    Gate,
    gate,
    kite,
    overrides,
)
from packages.server.tests.doubles.scripted_broker import session_at

from tradertape_server.container import Container
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.wiring import build_container

__all__ = ["gate", "kite", "overrides"]  # fixtures
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
SANDBOXS, REAL = "kite:SB0001", "kite:AB1234"


def sign_in_at(container: Container, user_id: int, environment: Environment, name: str) -> None:
    """Somebody's login at the broker, as another process sees it too."""
    session = session_at(container.clock.now(), user=name)
    container.connections.connect(user_id, environment, session)
    container.connections.step()


@pytest.fixture
def both(gate: Gate, kite: Any) -> Gate:
    """Runs of the sandbox's account, then of a real one that took its place at the broker."""
    gate.container.connections.use_sandbox(kite.url)
    sign_in_at(gate.container, gate.user_id, Environment.SANDBOX, "SB0001")
    assert gate.create(account_scope=SANDBOXS, strategy_run_id="tried").status_code == 200
    sign_in_at(gate.container, gate.user_id, Environment.LIVE, "AB1234")
    assert gate.create(account_scope=REAL, strategy_run_id="real").status_code == 200
    return gate


def shown(person: TestClient) -> dict[str, str]:
    """The environments of a person's runs, by run."""
    cards = person.get("/api/workers/runs").json()
    return {one["strategy_run_id"]: one["environment"] for one in cards}


def test_a_run_of_the_sandbox_stays_one_after_a_real_account_signs_in(both: Gate) -> None:
    assert shown(both.person) == {"tried": "sandbox", "real": "live"}
    modes = both.person.get("/api/workers/overview").json()["modes"]
    live = {one["environment"]: one["runs"] for one in modes if one["execution_mode"] == "live"}
    assert live == {"sandbox": 1, "live": 1}, "never added up"
    accounts = both.person.get("/api/trading/accounts").json()
    sandboxes = {one["scope"]: one["is_sandbox"] for one in accounts if one["kind"] == "broker"}
    assert sandboxes == {SANDBOXS: True, REAL: False}


def test_so_does_it_after_a_restart_in_another_process(both: Gate) -> None:
    restarted = build_container(both.container.settings, clock=both.container.clock)
    try:
        accounts = restarted.live_accounts
        assert accounts.is_sandbox(both.user_id, SANDBOXS)
        assert not accounts.is_sandbox(both.user_id, REAL)
    finally:
        restarted.close()


def test_another_persons_account_of_the_same_name_is_that_persons_own(
    both: Gate, sign_in: Callable[..., TestClient]
) -> None:
    """One tries the sandbox; for the other an account of that name is a real one."""
    other = sign_in("other@example.com")
    user_id = other.get("/api/auth/me").json()["id"]
    sign_in_at(both.container, user_id, Environment.LIVE, "SB0001")
    accounts = other.get("/api/trading/accounts").json()
    found = {one["scope"]: one["is_sandbox"] for one in accounts if one["kind"] == "broker"}
    assert found == {SANDBOXS: False}
    assert shown(other) == {}
    assert shown(both.person) == {"tried": "sandbox", "real": "live"}

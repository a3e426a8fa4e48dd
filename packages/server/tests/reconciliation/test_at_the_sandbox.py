"""Our books beside a broker's, at the sandbox: shown with a cause, never corrected. PO-03"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.brokers.tests.sandboxed import Running
from packages.server.tests.brokerage.conftest import (
    connect,
    on_sandbox,
    person,
    sandbox,
    sandbox_url,
)

from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_server.container import Container

__all__ = ["on_sandbox", "person", "sandbox", "sandbox_url"]  # fixtures
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
URL = "/api/reconciliation"


def checked(person: TestClient, container: Container, *, after_s: int = 31) -> Any:
    """A comparison some time after the last one."""
    clock: Any = container.clock
    clock.advance(seconds=after_s)
    reply = person.post(f"{URL}/check")
    assert reply.status_code == 200, reply.text
    return reply.json()


def of_tcs(report: Any) -> Any:
    """The difference of shares that the sandbox's account has from before."""
    (found,) = [one for one in report["items"] if one["instrument"] == "NSE:TCS"]
    return found


def test_before_a_broker_is_connected_nothing_is_compared(person: TestClient) -> None:
    assert person.get(URL).json()["status"] == "not_checked"
    refused = person.post(f"{URL}/check")
    assert (refused.status_code, refused.json()["detail"]) == (409, "Broker not connected")


def test_a_difference_is_drift_once_a_second_reading_shows_it(
    person: TestClient, container: Container
) -> None:
    assert connect(person, "kite").status_code == 200

    first = checked(person, container)
    hurried = checked(person, container, after_s=1)
    second = checked(person, container)

    assert (of_tcs(first)["status"], of_tcs(hurried)["status"]) == ("new", "new")
    (account,) = second["accounts"]
    assert (second["status"], account["status"]) == ("drift", "drift")
    tcs = of_tcs(second)
    assert (tcs["status"], tcs["age_cycles"], tcs["our_quantity"]) == ("drift", 2, 0)
    assert tcs["difference"] == tcs["broker_quantity"] == tcs["broker_detail"]["holdings"] > 0
    assert (tcs["classification"], tcs["suggested"]["action"]) == ("pre_existing", "ignore")
    assert tcs["evidence"] == ["never traded through TraderTape"]
    assert tcs["value_at_risk"] > 0
    assert person.get(URL).json() == second
    assert not [one for one in container.execution.positions_of_user(1) if "TCS" in str(one)]


def test_an_ignored_difference_is_left_out_while_it_is_that_one(
    person: TestClient, container: Container
) -> None:
    assert connect(person, "kite").status_code == 200
    before = checked(person, container)
    tcs = of_tcs(before)
    place = {"account_scope": tcs["account_scope"], "instrument": "NSE:TCS"}

    other = {**place, "difference": tcs["difference"] + 1}
    assert not of_tcs(person.post(f"{URL}/ignored", json=other).json())["ignored"]
    same = {**place, "difference": tcs["difference"], "days": 1}
    ignored = person.post(f"{URL}/ignored", json=same).json()
    assert ignored["summary"]["ignored"] == before["summary"]["ignored"] + 1
    assert of_tcs(ignored)["ignored"]
    assert of_tcs(ignored)["ignored_until"] is not None
    assert of_tcs(checked(person, container))["ignored"]
    clock: Any = container.clock
    clock.advance(hours=25)
    assert not of_tcs(person.get(URL).json())["ignored"]

    assert of_tcs(person.post(f"{URL}/ignored", json=place).json())["ignored"]  # whatever it is
    assert person.delete(f"{URL}/ignored", params=place).status_code == 200
    assert person.delete(f"{URL}/ignored", params=place).status_code == 404
    assert not of_tcs(person.get(URL).json())["ignored"]


def test_a_broker_that_does_not_answer_keeps_the_last_findings(
    person: TestClient, container: Container, sandbox: Running
) -> None:
    assert connect(person, "kite").status_code == 200
    before = checked(person, container)
    sandbox.sandbox.faults.add(FaultPlan(kind=FaultKind.STATUS, status=503))
    try:
        after = checked(person, container)
    finally:
        sandbox.sandbox.faults.remove()
    assert after["status"] in ("stale", "broker_unavailable")
    assert after["items"] == before["items"]  # an old reading is no second one


def test_nobody_sees_anothers_report(
    person: TestClient, container: Container, sign_in: Callable[..., TestClient]
) -> None:
    assert connect(person, "kite").status_code == 200
    checked(person, container)
    stranger = sign_in("b@example.com")
    assert stranger.get(URL).json()["items"] == []
    assert stranger.get(URL).json()["status"] == "not_checked"


def test_the_cycle_compares_for_everybody_who_is_connected(
    person: TestClient, container: Container
) -> None:
    assert connect(person, "kite").status_code == 200
    container.reconciliation_cycle.step()
    assert person.get(URL).json()["status"] != "not_checked"

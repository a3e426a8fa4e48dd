"""Differences that a person adopts or writes off: beside the ledger, once, and taken back. PO-03"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
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
from packages.server.tests.reconciliation.test_at_the_sandbox import URL, checked, of_tcs
from sqlalchemy import select

from tradertape_core.portfolio.reconciliation import AtBroker, Evidence, Ours
from tradertape_sandbox.faults.plans import FaultKind, FaultPlan
from tradertape_server.container import Container
from tradertape_server.features.auth.models import AuditEntry
from tradertape_server.features.reconciliation import repository, service
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.notices import notices_of
from tradertape_server.features.reconciliation.reading import Place
from tradertape_server.features.reconciliation.schemas import ReconciliationOut

__all__ = ["on_sandbox", "person", "sandbox", "sandbox_url"]  # fixtures
pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def wanted(item: Any, action: str = "adopt", **more: Any) -> dict[str, Any]:
    return {
        "account_scope": item["account_scope"], "instrument": item["instrument"], "action": action,
        "difference": item["difference"], **more,
    }  # fmt: skip


def names(report: Any) -> set[str]:
    return {one["instrument"] for one in report["items"]}


def test_what_lasts_is_adopted_once_and_taken_back(
    person: TestClient, container: Container
) -> None:
    assert connect(person, "kite").status_code == 200
    first = of_tcs(checked(person, container))
    assert first["can_correct"] is None
    seen_once = person.post(f"{URL}/corrections", json=wanted(first))
    assert (seen_once.status_code, "seen to differ once" in seen_once.text) == (409, True)

    tcs = of_tcs(checked(person, container))
    assert tcs["can_correct"] == "adopt"
    wrong_way = person.post(f"{URL}/corrections", json=wanted(tcs, "write_off"))
    assert (wrong_way.status_code, "adopt them" in wrong_way.text) == (409, True)
    changed = person.post(f"{URL}/corrections", json={**wanted(tcs), "difference": 1})
    assert (changed.status_code, "Look at it again" in changed.text) == (409, True)

    adopted = person.post(f"{URL}/corrections", json=wanted(tcs, note="bought in 2019"))
    assert adopted.status_code == 200, adopted.text
    assert "NSE:TCS" not in names(adopted.json())
    assert person.post(f"{URL}/corrections", json=wanted(tcs)).status_code == 404
    assert "NSE:TCS" not in names(checked(person, container))
    # Beside the ledger: nothing was bought, and no account holds it.
    assert container.execution.positions_of_user(1) == []
    (made,) = person.get(f"{URL}/corrections").json()
    assert (made["units"], made["action"], made["note"]) == (
        tcs["difference"], "adopt", "bought in 2019",
    )  # fmt: skip

    undo = f"{URL}/corrections/{made['id']}/undo"
    assert "NSE:TCS" in names(person.post(undo).json())
    assert person.post(undo).status_code == 409
    assert of_tcs(checked(person, container))["difference"] == tcs["difference"]
    assert person.get(f"{URL}/corrections").json()[0]["undone_at"] is not None
    with container.database.read() as session:
        actions = set(session.scalars(select(AuditEntry.action)))
    assert {"reconciliation.adopt", "reconciliation.undo"} <= actions


def test_units_that_are_gone_are_written_off_and_a_new_difference_shows(
    person: TestClient, container: Container, sandbox: Running
) -> None:
    """What was adopted is ours in the comparison: less of it at the broker is a difference."""
    assert connect(person, "kite").status_code == 200
    checked(person, container)
    tcs = of_tcs(checked(person, container))
    assert person.post(f"{URL}/corrections", json=wanted(tcs)).status_code == 200
    with container.database.write() as session:
        row = session.get_one(Correction, 1)
        row.units += 7  # as if the broker held seven fewer since
    checked(person, container)
    gone = of_tcs(checked(person, container))
    assert (gone["difference"], gone["can_correct"]) == (-7, "write_off")
    assert gone["owners"] == [{"owner": "adopted", "quantity": tcs["difference"] + 7}]
    assert (gone["classification"], gone["can_buy_back"]) == ("manual_sell", True)
    assert tcs["can_buy_back"] is False  # what is too much is nothing to buy
    off = person.post(f"{URL}/corrections", json=wanted(gone, "write_off"))
    assert off.status_code == 200, off.text
    assert "NSE:TCS" not in names(off.json())
    assert [one["units"] for one in person.get(f"{URL}/corrections").json()] == [
        -7, tcs["difference"] + 7,
    ]  # fmt: skip


def test_what_is_missing_at_the_broker_is_worth_its_last_price_and_lags_are_not_written_off(
    person: TestClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stock that the broker has no row of has no price there; it is not worth nothing."""
    assert connect(person, "kite").status_code == 200
    now = container.clock.now()
    lagging = Place(
        instrument="NSE:GONE", isin="", broker=AtBroker(), known=Evidence(), price=Decimal(0),
        ours=Ours(quantity=10, average_price=Decimal(150), last_fill_at=now),
    )  # fmt: skip
    monkeypatch.setattr(service, "places", lambda *_: [lagging])

    def fill_seconds_ago(seconds: int) -> Ours:
        at = container.clock.now() - timedelta(seconds=seconds)
        return replace(lagging.ours, last_fill_at=at)

    checked(person, container)
    (item,) = checked(person, container)["items"]
    assert (item["classification"], item["status"]) == ("broker_lag", "drift")
    assert item["value_at_risk"] == 1500.0
    assert item["can_correct"] is None
    refused = person.post(f"{URL}/corrections", json=wanted(item, "write_off"))
    assert refused.status_code == 409
    assert "less than two minutes ago" in refused.json()["detail"]
    monkeypatch.setattr(
        service, "places", lambda *_: [replace(lagging, ours=fill_seconds_ago(600))]
    )
    (item,) = checked(person, container)["items"]
    assert (item["classification"], item["can_correct"]) == ("manual_sell", "write_off")


def test_nothing_is_corrected_on_an_old_reading_or_by_a_stranger(
    person: TestClient, container: Container, sandbox: Running, sign_in: Callable[..., TestClient]
) -> None:
    assert connect(person, "kite").status_code == 200
    checked(person, container)
    tcs = of_tcs(checked(person, container))
    stranger = sign_in("b@example.com")
    assert stranger.post(f"{URL}/corrections", json=wanted(tcs)).status_code == 404
    sandbox.sandbox.faults.add(FaultPlan(kind=FaultKind.STATUS, status=503))
    try:
        checked(person, container)
        refused = person.post(f"{URL}/corrections", json=wanted(tcs))
    finally:
        sandbox.sandbox.faults.remove()
    assert (refused.status_code, "not read lately" in refused.text) == (409, True)
    assert person.get(f"{URL}/corrections").json() == []
    checked(person, container)
    assert person.post(f"{URL}/corrections", json=wanted(tcs)).status_code == 200
    assert stranger.post(f"{URL}/corrections/1/undo").status_code == 404


def test_a_comparison_from_before_a_correction_does_not_double_it(
    person: TestClient, container: Container
) -> None:
    """A cycle that began before the correction stores its report after it."""
    assert connect(person, "kite").status_code == 200
    checked(person, container)
    before = checked(person, container)
    tcs = of_tcs(before)
    clock: Any = container.clock
    clock.advance(seconds=1)
    assert person.post(f"{URL}/corrections", json=wanted(tcs)).status_code == 200
    old = ReconciliationOut.model_validate(before)
    with container.database.write() as session:
        assert old.checked_at is not None
        repository.keep(session, 1, old.checked_at, old.model_dump(mode="json"))
    again = person.post(f"{URL}/corrections", json=wanted(tcs))
    assert (again.status_code, "a moment ago" in again.text) == (409, True)


def test_a_difference_that_lasts_is_told_once_and_harmless_ones_are_not(
    person: TestClient, container: Container
) -> None:
    assert connect(person, "kite").status_code == 200
    checked(person, container)
    report = ReconciliationOut.model_validate(checked(person, container))
    assert list(notices_of(1, report)) == []  # from before TraderTape
    items = [one.model_copy(update={"classification": "manual_buy"}) for one in report.items]
    told = list(notices_of(1, report.model_copy(update={"items": items})))
    assert {one.event for one in told} == {"reconciliation.drift"}
    assert "Nothing was corrected" in told[0].text
    for notice in [*told, *told]:
        container.notifications.publish(notice)
    bell = person.get("/api/notifications").json()
    shown = [one for one in bell if one["event"] == "reconciliation.drift"]
    assert len(shown) == len(told) > 0
    ignored = [one.model_copy(update={"ignored": True}) for one in items]
    assert list(notices_of(1, report.model_copy(update={"items": ignored}))) == []

"""Placements and scans that meet one another: 409 for whoever is second, and one order (SG-05)."""

from __future__ import annotations

from typing import Any

import pytest

from tradertape_server.features.portfolios import working
from tradertape_server.features.portfolios.live import placing
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.platform.errors import Conflict

from .conftest import LiveDesk

pytestmark = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


def test_sg_05_what_comes_into_the_cart_while_another_placement_runs_waits(
    desk: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As another process asks: this one serves a person's carts one after the other."""
    portfolio = desk.deploy_live()
    _, (one, two) = desk.approved(portfolio, most=2)
    refused: list[Conflict] = []

    def meanwhile(step: str) -> None:
        if step == "before_send" and not refused:
            with pytest.raises(Conflict) as found:
                desk.parts.upkeep.placing.place(portfolio["id"], [two["id"]], by="other page")
            refused.append(found.value)

    monkeypatch.setattr(placing, "crash_point", meanwhile)
    assert desk.post("cart/place", {"signal_ids": [one["id"]]})["placed"] == 1
    words = f"A placement for portfolio {portfolio['id']} is running. Try again in a moment."
    assert (refused[0].detail, refused[0].code) == (words, "placement_running")
    assert desk.signal(two["id"])["status"] == "in_cart"
    assert desk.post("cart/place", {"signal_ids": [two["id"]]})["placed"] == 1
    gtts = desk.container.execution.gtts(portfolio["account_id"])
    assert len({gtt.run_id for gtt in gtts}) == len(gtts) == 2


def test_pf_08_one_scan_of_a_person_runs_at_a_time(
    desk: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = desk.deploy()
    second: list[Any] = []

    def meanwhile(step: str) -> None:
        if step == "before_portfolio_store" and not second:
            second.append(None)
            second[0] = desk.client.post("/api/model/scan", json={})

    monkeypatch.setattr(working, "crash_point", meanwhile)
    desk.evening_of(desk.days[-3])
    assert desk.scan(portfolio, desk.days[-3])["days"] == 1
    assert (second[0].status_code, second[0].json()["detail"]) == (
        409,
        "A scan is already running.",
    )
    assert second[0].headers["X-Error-Code"] == "scan_running"


def test_a_portfolio_that_is_changed_again_and_again_while_it_is_computed_says_so(
    desk: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = desk.deploy()

    def meanwhile(step: str) -> None:
        if step == "before_portfolio_store":
            with desk.container.database.write() as session:
                session.get_one(Portfolio, portfolio["id"]).version += 1

    monkeypatch.setattr(working, "crash_point", meanwhile)
    desk.evening_of(desk.days[-3])
    body = {"portfolio_id": portfolio["id"], "as_of": desk.days[-3].isoformat()}
    refused = desk.client.post("/api/model/scan", json=body)
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (409, "portfolio_busy")
    assert desk.signals(portfolio) == []

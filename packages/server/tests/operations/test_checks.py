"""The checks of single features on the health page."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_core.market.calendar import nse_calendar
from tradertape_server.cli.server.status import _text, read_status
from tradertape_server.container import Container
from tradertape_server.features.execution.state.command import Command, Subject
from tradertape_server.features.operations.checks import calendar_check

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@ON_SQLITE
def test_health_counts_what_was_put_aside_and_the_command_line_says_why(
    signed_in: TestClient, container: Container, clock: Any
) -> None:
    trader = container.execution.trader
    trader.quarantine.put(Subject("trigger", "7"), ValueError("a secret detail"))
    for _ in range(2):
        trader.execute(Command(lambda _uow: None))
    report = signed_in.get("/api/health")
    found = report.json()["checks"]["execution"]
    assert (found["status"], found["facts"]) == ("stale", {"set_aside": {"trigger": 1}})
    assert "secret" not in report.text
    status = read_status(container.settings, container.database)
    assert "trigger 7: ValueError: a secret detail" in _text(status)
    clock.advance(hours=25)
    assert signed_in.get("/api/health").json()["checks"]["execution"]["status"] == "ok"


def test_the_end_of_the_published_holidays_is_told_sixty_days_before(clock: Any) -> None:
    until = nse_calendar().published_until
    check = calendar_check(clock)
    clock.set_wrong(days=(until - clock.now().date()).days - 61)
    assert (check().status, check().facts["days_left"]) == ("ok", 61)
    clock.set_wrong(days=1)
    assert check().status == "stale"
    assert f"known until {until}" in check().detail


@ON_SQLITE
def test_health_has_the_calendar(signed_in: TestClient) -> None:
    found = signed_in.get("/api/health").json()["checks"]["calendar"]
    assert found["facts"]["published_until"] == nse_calendar().published_until.isoformat()

"""The checks of single features on the health page."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tradertape_server.cli.server.status import _text, read_status
from tradertape_server.container import Container
from tradertape_server.features.execution.state.command import Command, Subject

ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@ON_SQLITE
def test_health_counts_what_was_put_aside_and_the_command_line_says_why(
    client: TestClient, container: Container, clock: Any
) -> None:
    trader = container.execution.trader
    trader.quarantine.put(Subject("trigger", "7"), ValueError("a secret detail"))
    for _ in range(2):
        trader.execute(Command(lambda _uow: None))
    report = client.get("/api/health")
    found = report.json()["checks"]["execution"]
    assert (found["status"], found["facts"]) == ("stale", {"set_aside": {"trigger": 1}})
    assert "secret" not in report.text
    status = read_status(container.settings, container.database)
    assert "trigger 7: ValueError: a secret detail" in _text(status)
    clock.advance(hours=25)
    assert client.get("/api/health").json()["checks"]["execution"]["status"] == "ok"

"""The thread that collects notifications outlives a database that is locked or away."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tradertape_server.features.notifications import collector as module
from tradertape_server.features.notifications.collector import Collector
from tradertape_server.platform.database.engine import Database


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_locked_database_does_not_end_the_collector(
    database_url: str, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread ended at the first deletion of old ones that met a lock, until a restart."""
    tries, is_done = [], threading.Event()

    def prune(*_: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        is_done.set()

    monkeypatch.setattr(module.repository, "prune", prune)
    monkeypatch.setattr(module, "EVERY_S", 0.01)
    publisher: Any = None  # there is nothing to publish
    database = Database(database_url)
    collector = Collector(database, clock, publisher, [])
    collector.start()
    try:
        assert is_done.wait(30)
    finally:
        collector.stop()
        database.close()
    assert len(tries) == 2

"""Imports that end early: a stop, a lost process, an error; whole or absent, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files import books
from sqlalchemy import func, select

from tradertape_server.container import Container
from tradertape_server.features.uploads import repository
from tradertape_server.features.uploads.models import ImportedTrade
from tradertape_server.features.uploads.service import UploadService

TRADES = books.invented(4, 5500, first=date(2023, 4, 3), last=date(2024, 3, 28))
FILE = ("book.csv", books.kite_csv(TRADES))


class Gate:
    """Holds an import at its third piece until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = Event(), Event()
        self.failure: Exception | None = None
        self._stored = self._pieces = 0
        self._insert = repository.insert_rows

    def insert_rows(self, *arguments: Any) -> None:
        self._stored += len(arguments[2])
        if self._stored > 1000 and self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self._insert(*arguments)

    def set_progress(self, *arguments: Any) -> bool:
        self._pieces += 1
        if self._pieces == 3:
            self.reached.set()
            assert self.opened.wait(30)
        return _progress(*arguments)


_progress = repository.set_progress


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setattr(repository, "insert_rows", gate.insert_rows)
    yield gate
    gate.opened.set()


def rows(container: Container) -> int:
    with container.database.read() as session:
        return session.scalar(select(func.count()).select_from(ImportedTrade)) or 0


def lose(container: Container, upload_id: int) -> None:
    """As if the process that imported it were gone."""
    container.uploads.imports._own.discard(upload_id)
    with container.database.write() as session:
        upload = repository.owned(session, 1, upload_id)
        assert upload is not None
        upload.state, upload.to_store = "importing", upload.rows


def shown(client: TestClient, upload_id: int) -> dict[str, Any]:
    return client.get(f"/api/uploads/{upload_id}").json()


def imported(send, signed_in: TestClient, wait_for) -> int:
    upload_id = send(FILE).json()["rebuild"]["job_id"]
    wait_for(lambda: shown(signed_in, upload_id), lambda one: one["state"] == "done")
    return upload_id


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_01_the_next_start_ends_what_the_last_one_left(
    send, signed_in: TestClient, container: Container, wait_for
) -> None:
    lost = imported(send, signed_in, wait_for)
    lose(container, lost)
    UploadService(container.database, container.clock).start()
    one = shown(signed_in, lost)
    assert (one["state"], one["imported"]) == ("failed", 0)
    assert "upload the file again" in one["detail"]
    wait_for(lambda: rows(container), lambda count: count == 0)
    imported(send, signed_in, wait_for)
    assert len(container.uploads.trades(1)) == len(TRADES)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_up_01_another_process_ends_an_import_once_it_is_silent_for_a_minute(
    send, signed_in: TestClient, container: Container, wait_for, clock
) -> None:
    lost = imported(send, signed_in, wait_for)
    lose(container, lost)
    UploadService(container.database, container.clock).start()
    assert shown(signed_in, lost)["state"] == "importing"
    clock.advance(seconds=61)
    assert shown(signed_in, lost)["state"] == "failed"
    wait_for(lambda: rows(container), lambda count: count == 0)


def test_up_01_an_import_at_work_is_not_lost_when_the_clock_jumps(
    send, signed_in: TestClient, container: Container, wait_for, clock, gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(repository, "set_progress", gate.set_progress)
    if container.database.is_sqlite:  # it holds the one writer at the gate
        gate.opened.set()
    upload_id = send(FILE).json()["rebuild"]["job_id"]
    assert gate.reached.wait(30)
    clock.advance(minutes=10)
    assert shown(signed_in, upload_id)["state"] in ("importing", "done")
    assert signed_in.get("/api/uploads").json()[0]["state"] in ("importing", "done")
    gate.opened.set()
    wait_for(lambda: shown(signed_in, upload_id), lambda one: one["state"] == "done")
    assert len(container.uploads.trades(1)) == len(TRADES)


@pytest.mark.parametrize("failure", [ValueError("odd"), MemoryError()])
def test_up_01_an_error_in_one_import_ends_that_one_alone(
    send, signed_in: TestClient, container: Container, wait_for, gate: Gate, failure: Exception
) -> None:
    gate.failure = failure
    upload_id = send(FILE).json()["rebuild"]["job_id"]
    found = wait_for(lambda: shown(signed_in, upload_id), lambda one: one["state"] == "failed")
    assert "nothing was imported" in found["detail"]
    wait_for(lambda: rows(container), lambda count: count == 0)
    imported(send, signed_in, wait_for)
    assert len(container.uploads.trades(1)) == len(TRADES)


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
def test_up_01_a_stop_in_the_middle_is_recorded_at_once(
    send, signed_in: TestClient, container: Container, wait_for, gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(repository, "set_progress", gate.set_progress)
    upload_id = send(FILE).json()["rebuild"]["job_id"]
    assert gate.reached.wait(30)
    imports = container.uploads.imports
    imports._stopping.set()
    gate.opened.set()
    imports.stop()
    assert shown(signed_in, upload_id)["state"] == "failed"
    UploadService(container.database, container.clock).start()
    wait_for(lambda: rows(container), lambda count: count == 0)

"""The server as it is wired: a file that is uploaded is in the book, and undone it is not."""

from __future__ import annotations

from datetime import date
from threading import Event

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files import books

from tradertape_server.container import Container
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.service import WealthService
from tradertape_server.main import create_app


@pytest.fixture
def app(container: Container) -> FastAPI:
    return create_app(container=container)


def test_an_uploaded_tradebook_is_in_the_book_until_it_is_undone(
    signed_in: TestClient, sign_in
) -> None:
    trades = books.invented(1, 40, first=date(2024, 4, 1), last=date(2024, 6, 28))
    content = books.kite_csv(trades)
    sent = signed_in.post("/api/uploads/tradebook", files=[("files[]", ("tradebook.csv", content))])
    assert sent.status_code == 200, sent.text
    summary = signed_in.get("/api/wealth/summary").json()
    assert summary["trades"] == 40
    assert any("estimated" in text for text in summary["warnings"])
    assert sign_in("b@example.com").get("/api/wealth/summary").json()["is_empty"]
    upload = sent.json()["files"][0]["id"]
    assert signed_in.delete(f"/api/uploads/{upload}").status_code in (200, 202, 204)
    assert signed_in.get("/api/wealth/summary").json()["is_empty"]


@pytest.mark.slow
def test_a_large_import_is_reckoned_by_a_process_of_its_own(
    signed_in: TestClient, container: Container
) -> None:
    trades = books.invented(2, 1200, first=date(2023, 4, 3), last=date(2024, 6, 28))
    content = books.kite_csv(trades)
    sent = signed_in.post("/api/uploads/tradebook", files=[("files[]", ("tradebook.csv", content))])
    assert sent.status_code == 200, sent.text
    for _ in range(3000):  # the import alone has started it
        status = signed_in.get("/api/wealth/status").json()
        if status["state"] != "reckoning":
            break
        Event().wait(0.01)
    assert status["state"] == "ready", status
    found = [signed_in.get(f"/api/wealth/{page}").json() for page in ("summary", "realised", "tax")]
    assert found[0]["trades"] == 1200
    here = Books(container.uploads, container.wealth.books.prices, container.clock)
    alone = WealthService(here)
    person = 1
    assert alone.summary(person).model_dump(mode="json") == found[0]
    assert alone.tax(person, None).model_dump(mode="json") == found[2]

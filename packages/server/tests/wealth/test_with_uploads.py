"""The server as it is wired: a file that is uploaded is in the book, and undone it is not."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files import books

from tradertape_server.container import Container
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

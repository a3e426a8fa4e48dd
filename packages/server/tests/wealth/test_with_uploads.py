"""The server as it is wired: a file that is uploaded is in the book, and undone it is not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files import books
from packages.server.tests.uploads.files.account_statements import (
    PAN,
    FundRow,
    MadeScheme,
    account_statement,
    invented_schemes,
)

from tradertape_core.wealth.funds import FundClass
from tradertape_server.container import Container
from tradertape_server.features.wealth.books import Books
from tradertape_server.features.wealth.records import BookRecords
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
    here = Books(container.wealth.books.records, container.wealth.books.prices, container.clock)
    alone = WealthService(here)
    person = 1
    assert alone.summary(person).model_dump(mode="json") == found[0]
    assert alone.tax(person, None).model_dump(mode="json") == found[2]


def _statement(signed_in: TestClient) -> None:
    content = account_statement(invented_schemes(1))
    sent = signed_in.post(
        "/api/uploads/cas", files=[("file", ("cas.pdf", content))], data={"password": PAN}
    )
    assert sent.json()["files"][0]["state"] == "done", sent.text


def _tax(client: TestClient) -> dict[str, Any]:
    return client.get("/api/wealth/tax").json()


def test_d8_the_class_of_a_fund_is_a_guess_until_its_owner_sets_it(
    signed_in: TestClient, sign_in
) -> None:
    _statement(signed_in)
    before = _tax(signed_in)
    classes = {one["scheme"]: one for one in before["funds"]}
    assert all(one["class_is_guess"] for one in classes.values())
    assert [one["fund_class"] for one in classes.values()] == ["equity", "other", "equity"]
    assert any("3 of the 3 funds sold is guessed" in text for text in before["notes"])
    liquid = next(one for one in classes.values() if "Liquid" in one["scheme"])
    assert before["other_funds"] == liquid["profit"]

    body = {"instrument": liquid["instrument"], "fund_class": "equity"}
    assert signed_in.put("/api/wealth/funds/class", json=body).status_code == 204
    after = _tax(signed_in)
    found = next(one for one in after["funds"] if one["instrument"] == liquid["instrument"])
    assert (found["fund_class"], found["class_is_guess"], found["is_taxed_here"]) == (
        "equity", False, True,
    )  # fmt: skip
    assert (found["guessed_class"], after["other_funds"]) == ("other", "0.00")
    listed = {one["instrument"]: one for one in signed_in.get("/api/wealth/funds").json()}
    assert listed[liquid["instrument"]]["fund_class"] == "equity"
    sums = [sum(Decimal(b["gains"]) - Decimal(b["losses"]) for b in one["buckets"]) for one in
            (before, after)]  # fmt: skip
    assert sums[1] - sums[0] == Decimal(liquid["profit"])

    body["fund_class"] = "debt"
    assert signed_in.put("/api/wealth/funds/class", json=body).status_code == 204
    debt = _tax(signed_in)
    assert (debt["other_funds"], debt["tax"]) == ("0.00", before["tax"])
    (slab,) = [one for one in debt["buckets"] if one["rate"] is None]
    assert slab["section"] == "50AA"
    assert Decimal(slab["gains"]) - Decimal(slab["losses"]) == Decimal(liquid["profit"])
    assert any("at your slab" in text for text in debt["notes"])
    assert all(one["is_taxed_here"] for one in debt["funds"])
    for form in ("csv", "xlsx"):
        params = {"fy": debt["fy"], "format": form}
        assert signed_in.get("/api/wealth/tax/export", params=params).status_code == 200
    body["fund_class"] = "equity"
    signed_in.put("/api/wealth/funds/class", json=body)

    other = sign_in("b@example.com")
    assert other.put("/api/wealth/funds/class", json=body).status_code == 404
    _statement(other)
    assert all(one["class_is_guess"] for one in _tax(other)["funds"])

    body["fund_class"] = None
    assert signed_in.put("/api/wealth/funds/class", json=body).status_code == 204
    assert _tax(signed_in) == before
    for wrong in ({**body, "fund_class": "shares"}, {"instrument": ""}, {}):
        assert signed_in.put("/api/wealth/funds/class", json=wrong).status_code == 422


def test_d8_the_tax_report_says_where_a_cost_is_indexed(signed_in: TestClient) -> None:
    def row(day: date, units: int, price: int) -> FundRow:
        text = "Purchase" if units > 0 else "Redemption"
        return FundRow(day, text, Decimal(units * price), Decimal(units), Decimal(price))

    bought, sold = row(date(2019, 5, 6), 1000, 20), row(date(2024, 5, 6), -600, 29)
    name = "Example Corporate Bond Fund - Direct Plan - Growth"
    made = MadeScheme("7654321 / 0", "EXCB", name, "INF000X01AD5", (bought, sold), Decimal(30))
    upload = [("file", ("cas.pdf", account_statement([made])))]
    sent = signed_in.post("/api/uploads/cas", files=upload, data={"password": PAN})
    assert sent.json()["files"][0]["state"] == "done", sent.text
    fund = {"instrument": _tax(signed_in)["funds"][0]["instrument"], "fund_class": "debt"}
    assert signed_in.put("/api/wealth/funds/class", json=fund).status_code == 204
    report = _tax(signed_in)
    (bucket,) = report["buckets"]
    # 12,000 at the index of 2019-20 (289) is 15,072.66 at that of 2024-25 (363).
    assert (bucket["section"], bucket["rate"], bucket["gains"]) == ("112", "0.2", "2327.34")
    assert any("indexed to the year of the sale" in text for text in report["notes"])


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_d8_a_class_outlives_a_restart_and_the_undo_of_its_file(
    signed_in: TestClient, container: Container
) -> None:
    _statement(signed_in)
    fund = _tax(signed_in)["funds"][0]["instrument"]
    body = {"instrument": fund, "fund_class": "debt"}
    signed_in.put("/api/wealth/funds/class", json=body)
    [upload] = signed_in.get("/api/uploads").json()
    signed_in.delete(f"/api/uploads/{upload['id']}")
    assert signed_in.get("/api/wealth/funds").json() == []
    records = BookRecords(container.uploads, container.database, container.clock)
    assert records.fund_classes(1) == {fund: FundClass.DEBT}
    _statement(signed_in)
    assert _tax(signed_in)["funds"][0]["fund_class"] == "debt"

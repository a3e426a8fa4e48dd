"""Trades of an uploaded tradebook as evidence of a difference (D11, PO-03, UP-01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.brokerage.conftest import (
    connect,
    on_sandbox,
    person,
    sandbox,
    sandbox_url,
)
from packages.server.tests.reconciliation.test_at_the_sandbox import URL, checked, of_tcs
from packages.server.tests.reconciliation.test_corrections import names, wanted
from packages.server.tests.uploads.files.books import Made, kite_csv

from tradertape_core.kernel.clock import IST
from tradertape_core.orders.order import Fill, Product, Side
from tradertape_core.wealth.records import BookTrade, Segment
from tradertape_server.container import Container
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.uploaded import not_ours
from tradertape_server.features.uploads.models import Upload

__all__ = ["on_sandbox", "person", "sandbox", "sandbox_url"]  # fixtures


def book(item: Any, at: datetime, *units: int, price: str = "3100.50") -> bytes:
    """A tradebook with these trades of the difference's share; units sold are below 0."""
    trades = [
        Made(
            item["instrument"].partition(":")[2], item["isin"], "EQ",
            "buy" if one > 0 else "sell", abs(one), Decimal(price), at + timedelta(minutes=place),
            f"{place + 1}", f"11{place + 1}",
        )
        for place, one in enumerate(units)
    ]  # fmt: skip
    return kite_csv(trades)


def send(client: TestClient, item: Any, content: bytes, *, account: str | None = None) -> int:
    """Upload a tradebook of the difference's account; the upload's number."""
    client_id = account or item["account_scope"].partition(":")[2]
    name = f"tradebook-{client_id}-EQ-2026-01-01-to-2026-12-31.csv"
    sent = client.post("/api/uploads/tradebook", files=[("files[]", (name, content))])
    assert sent.status_code == 200, sent.text
    (file,) = sent.json()["files"]
    assert (file["state"], file["account"]) == ("done", client_id), file
    return file["id"]


@pytest.fixture
def tcs(person: TestClient, container: Container) -> Any:
    """A difference that has lasted."""
    assert connect(person, "kite").status_code == 200
    checked(person, container)
    return of_tcs(checked(person, container))


def yesterday(container: Container) -> datetime:
    return container.clock.now().astimezone(IST) - timedelta(days=1)


def test_po_03_an_uploaded_tradebook_explains_a_difference_until_it_is_undone(
    person: TestClient, container: Container, tcs: Any
) -> None:
    assert (tcs["classification"], tcs["can_import_tradebook"]) == ("pre_existing", True)
    units = tcs["difference"]
    upload = send(person, tcs, book(tcs, yesterday(container), units + 2, -2))

    found = of_tcs(checked(person, container))
    assert (found["classification"], found["can_import_tradebook"]) == ("external_trade", False)
    assert (found["status"], found["confidence"]) == ("drift", 0.95)
    shown = [(one["side"], one["quantity"], one["price"]) for one in found["trades"]]
    assert shown == [("BUY", units + 2, 3100.5), ("SELL", 2, 3100.5)]
    day = yesterday(container).date().isoformat()
    assert (found["traded_price"], found["traded_on"]) == (3100.5, day)
    assert "uploaded tradebook" in found["evidence"][0]

    assert person.delete(f"/api/uploads/{upload}").status_code == 204
    gone = person.post(f"{URL}/corrections", json=wanted(found))
    assert (gone.status_code, "no longer there" in gone.text) == (409, True)
    again = of_tcs(checked(person, container))
    assert (again["classification"], again["trades"]) == ("pre_existing", [])


def test_po_03_adopting_takes_price_and_day_of_the_trades_and_each_trade_counts_once(
    person: TestClient, container: Container, tcs: Any
) -> None:
    content = book(tcs, yesterday(container), tcs["difference"])
    send(person, tcs, content)
    found = of_tcs(checked(person, container))
    adopted = person.post(f"{URL}/corrections", json=wanted(found))
    assert adopted.status_code == 200, adopted.text
    assert "NSE:TCS" not in names(adopted.json())
    (made,) = person.get(f"{URL}/corrections").json()
    assert (made["price"], made["traded_on"]) == (3100.5, found["traded_on"])
    assert (made["cause"], made["units"]) == ("external_trade", tcs["difference"])
    # The same trades again, in another file, are no second evidence.
    send(person, tcs, content + b"\n")
    assert person.post(f"{URL}/corrections/{made['id']}/undo").status_code == 200
    shown = of_tcs(checked(person, container))
    assert (shown["classification"], len(shown["trades"])) == ("external_trade", 1)


def test_po_03_a_trade_that_was_taken_explains_no_later_difference(
    person: TestClient, container: Container, tcs: Any
) -> None:
    half = tcs["difference"] // 2
    send(person, tcs, book(tcs, yesterday(container), tcs["difference"]))
    found = of_tcs(checked(person, container))
    assert person.post(f"{URL}/corrections", json=wanted(found)).status_code == 200
    with container.database.write() as session:
        session.get_one(Correction, 1).units = half  # as if the broker held as many more since
    checked(person, container)
    later = of_tcs(checked(person, container))
    assert later["difference"] == tcs["difference"] - half
    assert (later["classification"], later["trades"]) == ("manual_buy", [])
    assert later["can_import_tradebook"] is True


def test_po_03_uploads_of_another_person_or_account_never_count(
    person: TestClient, container: Container, tcs: Any, sign_in: Callable[..., TestClient]
) -> None:
    content = book(tcs, yesterday(container), tcs["difference"])
    send(sign_in("b@example.com"), tcs, content)
    assert of_tcs(checked(person, container))["classification"] == "pre_existing"
    send(person, tcs, content, account="ZZ9999")
    assert of_tcs(checked(person, container))["classification"] == "pre_existing"
    mine = send(person, tcs, content)
    assert of_tcs(checked(person, container))["classification"] == "external_trade"
    with container.database.write() as session:  # scaled: no quantity of it is real
        session.get_one(Upload, mine).is_scaled = True
    assert of_tcs(checked(person, container))["classification"] == "pre_existing"


AT = datetime(2026, 11, 23, 10, tzinfo=IST)


def traded(quantity: int, *, trade_id: str = "", order_id: str = "", price: int = 100) -> BookTrade:
    return BookTrade(
        broker="kite", account="AB1", exchange="NSE", segment=Segment.EQUITY, symbol="TCS", isin="",
        side=Side.BUY, quantity=Decimal(quantity), price=Decimal(price), traded_on=AT.date(), at=AT,
        trade_id=trade_id, order_id=order_id,
    )  # fmt: skip


def filled(quantity: int, *, trade_id: str = "t", order_id: str = "1", price: int = 100) -> Fill:
    return Fill(
        trade_id=trade_id, order_id=order_id, account="1", run_id=None, instrument="NSE:TCS",
        product=Product.CNC, side=Side.BUY, quantity=quantity, price=Decimal(price), at=AT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("trades", "fills", "left"),
    [
        ([traded(5, trade_id="t")], [filled(5)], 0),
        ([traded(2, order_id="V1"), traded(3, order_id="V1")], [filled(5)], 0),
        ([traded(5)], [filled(5)], 0),  # the file has no ids: by its terms
        ([traded(5), traded(5)], [filled(5)], 1),  # each fill once
        ([traded(5, trade_id="t"), traded(5, trade_id="u")], [filled(5)], 1),
        ([traded(5, price=101)], [filled(5)], 1),
        ([traded(5, trade_id="t")], [], 1),
    ],
)  # fmt: skip
def test_po_03_what_our_orders_traded_is_no_evidence(
    trades: list[BookTrade], fills: list[Fill], left: int
) -> None:
    order: Any = type("Placed", (), {"venue_order_id": "V1", "exchange_order_id": None})()
    keyed = [(str(place), replace(one)) for place, one in enumerate(trades)]
    assert len(not_ours(keyed, fills, {"1": order})) == left

"""Uploads over HTTP: files of every broker, imported, repeated, overlapped, shuffled, undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files import books

from tradertape_core.wealth.records import BookTrade
from tradertape_core.wealth.statements.reading import totals_of
from tradertape_server.container import Container
from tradertape_server.features.auth.models import User

QUARTER = (date(2024, 4, 1), date(2024, 6, 28))
NAME = f"tradebook-{books.CLIENT}-EQ-2024-04-01-to-2024-06-28.csv"


def trades_of(container: Container, email: str = "person@example.com") -> tuple[BookTrade, ...]:
    with container.database.read() as session:
        user = session.query(User).filter_by(email=email).one()
    return container.uploads.trades(user.id)


def expected(trades: Sequence[books.Made]) -> tuple[Decimal, Decimal]:
    return tuple(
        sum((one.value for one in trades if one.side == side), Decimal(0)).quantize(Decimal("0.01"))
        for side in ("buy", "sell")
    )  # type: ignore[return-value]


def made(count: int = 60, seed: int = 1, **options) -> list[books.Made]:
    first, last = options.pop("period", QUARTER)
    return books.invented(seed, count, first=first, last=last, **options)


FILES = {
    "kite csv": (books.kite_csv, "EQ", "kite"),
    "kite older csv": (lambda trades: books.kite_csv(trades, older=True), "EQ", "kite"),
    "kite derivatives csv": (books.kite_csv, "FO", "kite"),
    "kite plain workbook": (
        lambda trades: books.kite_workbook(trades, preamble=False), "EQ", "kite",
    ),
    "kite workbook": (books.kite_workbook, "EQ", "kite"),
    "kite derivatives workbook": (books.kite_workbook, "FO", "kite"),
    "upstox workbook": (books.upstox_workbook, "EQ", "upstox"),
    "upstox derivatives": (books.upstox_workbook, "FO", "upstox"),
    "groww workbook": (books.groww_workbook, "EQ", "groww"),
    "groww columns": (lambda trades: books.groww_workbook(trades, as_columns=True), "EQ", "groww"),
}  # fmt: skip


@pytest.mark.parametrize("year", [2018, 2024])
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_01_every_brokers_file_gives_its_totals_to_the_paisa(
    send, container: Container, kind: str, year: int
) -> None:
    write, segment, broker = FILES[kind]
    trades = made(segment=segment, period=(date(year, 4, 2), date(year, 6, 29)))
    response = send(("anything.bin", write(trades)))
    assert response.status_code == 200, response.text
    [file] = response.json()["files"]
    assert (file["broker"], file["state"], file["imported"]) == (broker, "done", 60)
    assert not any(one["is_off"] for one in file["checks"])
    stored = trades_of(container)
    assert totals_of(stored) == expected(trades)
    assert [one.quantity for one in stored] == [one.quantity for one in trades]
    totals = response.json()["totals"]
    assert (Decimal(totals["buy_value"]), Decimal(totals["sell_value"])) == expected(trades)


def test_up_01_repeated_overlapping_and_shuffled_files_count_once(
    send, container: Container
) -> None:
    trades = made(80)
    shuffled = Random(5).sample(trades[20:], 60)
    for content in (
        books.kite_csv(trades[:50]),
        books.kite_csv(trades[:50]),
        books.kite_workbook(shuffled, preamble=False),
        books.kite_csv(shuffled, older=True),
    ):
        assert send((NAME, content)).status_code == 200
    assert len(trades_of(container)) == 80
    assert totals_of(trades_of(container)) == expected(trades)
    assert {one.account for one in trades_of(container)} == {books.CLIENT}


def test_up_01_a_repeated_file_says_how_many_are_duplicates(send) -> None:
    trades = made(30)
    send((NAME, books.kite_csv(trades[:20])))
    [file] = send((NAME, books.kite_csv(trades))).json()["files"]
    assert (file["rows"], file["imported"], file["duplicates"]) == (30, 10, 20)


def test_up_01_undo_takes_what_no_other_upload_has(
    send, signed_in: TestClient, container: Container
) -> None:
    trades = made(60)
    first = send((NAME, books.kite_csv(trades[:40]))).json()["files"][0]["id"]
    send((NAME, books.kite_csv(trades[20:])))
    before = container.uploads.version(1)
    assert signed_in.delete(f"/api/uploads/{first}").status_code == 204
    assert totals_of(trades_of(container)) == expected(trades[20:])
    assert container.uploads.version(1) == before + 1
    assert [one["imported"] for one in signed_in.get("/api/uploads").json()] == [20]
    send((NAME, books.kite_csv(trades[:40])))
    assert totals_of(trades_of(container)) == expected(trades)


def test_up_01_a_file_without_an_account_is_of_the_only_one(send, container: Container) -> None:
    trades = made(30)
    send(("tradebook.csv", books.kite_csv(trades[:20])))
    assert {one.account for one in trades_of(container)} == {""}
    [file] = send((NAME, books.kite_csv(trades))).json()["files"]
    assert (file["imported"], file["duplicates"]) == (10, 20)
    assert {one.account for one in trades_of(container)} == {books.CLIENT}
    assert totals_of(trades_of(container)) == expected(trades)


def test_up_01_one_bad_row_and_nothing_of_the_file_is_imported(
    send, signed_in: TestClient, container: Container
) -> None:
    trades = made(10)
    bad = books.kite_csv(trades).replace(b",buy,", b",=HYPERLINK(1),", 1)
    response = send((NAME, bad), ("good.csv", books.kite_csv(trades[:5])))
    assert response.status_code == 200
    rejected, good = response.json()["files"]
    assert (rejected["state"], good["state"]) == ("rejected", "done")
    assert len(rejected["rejected"]) == 1
    assert rejected["rejected"][0]["column"] == "trade_type"
    assert len(trades_of(container)) == 5
    errors = signed_in.get(f"/api/uploads/{rejected['id']}/errors.csv")
    assert errors.headers["content-type"].startswith("text/csv")
    assert errors.text.splitlines()[0] == "Row,Column,Reason"
    alone = send((NAME, bad))
    assert (alone.status_code, alone.headers["X-Error-Code"]) == (400, "rows_rejected")


def test_up_01_a_dry_run_stores_nothing(send, signed_in: TestClient, container: Container) -> None:
    response = send((NAME, books.kite_csv(made(10))), dry_run=True)
    [file] = response.json()["files"]
    assert (file["state"], file["imported"], file["id"]) == ("preview", 10, None)
    assert trades_of(container) == ()
    assert signed_in.get("/api/uploads").json() == []


def test_up_01_an_unknown_layout_is_read_by_a_saved_mapping(
    send, signed_in: TestClient, container: Container
) -> None:
    rows = [
        ["When", "Scrip", "B/S", "Nos", "Rate", "Ref"],
        ["03-04-2024", "INFY", "B", "1,000", "1,480.55", "T1"],
    ]
    content = books.csv_bytes(rows)
    refused = send(("mine.csv", content))
    assert (refused.status_code, refused.headers["X-Error-Code"]) == (400, "unknown_layout")
    assert refused.json()["files"][0]["columns"] == rows[0]
    mapping = {
        "columns": {
            "traded_on": "When", "symbol": "Scrip", "side": "B/S", "quantity": "Nos",
            "price": "Rate", "trade_id": "Ref",
        },
        "defaults": {"exchange": "NSE", "account": "ME1"},
    }  # fmt: skip
    saved = signed_in.put("/api/uploads/mappings/My broker", json=mapping)
    assert saved.status_code == 200, saved.text
    assert send(("mine.csv", content)).json()["files"][0]["layout"] == "My broker"
    [trade] = trades_of(container)
    assert (trade.broker, trade.account, trade.exchange) == ("My broker", "ME1", "NSE")
    assert signed_in.delete("/api/uploads/mappings/My broker").status_code == 204
    assert send(("mine.csv", content)).status_code == 400
    assert len(trades_of(container)) == 1


def test_up_01_a_mapping_without_what_a_trade_needs_is_refused(signed_in: TestClient) -> None:
    body = {"columns": {"symbol": "Scrip"}}
    assert signed_in.put("/api/uploads/mappings/Mine", json=body).status_code == 400
    assert signed_in.get("/api/uploads/mappings").json() == []


def test_up_01_realised_profit_and_tradebook_of_one_time_do_not_count_twice(
    send, container: Container
) -> None:
    bought, sold = made(2)
    sold = books.copy_of(sold, symbol=bought.symbol, quantity=bought.quantity)
    report = books.upstox_pnl_workbook([(bought, sold)])
    [file] = send(("pnl.xlsx", report)).json()["files"]
    assert (file["kind"], file["state"], file["imported"]) == ("realised_pnl", "done", 2)
    refused = send(("trades.xlsx", books.upstox_workbook([bought, sold])))
    assert refused.status_code == 400
    assert "count twice" in refused.json()["detail"]
    assert len(trades_of(container)) == 2


def test_up_02_a_ledger_is_imported_once(send, container: Container) -> None:
    trades = made(40)
    [file] = send(("ledger-XU1234.csv", books.kite_ledger(trades)), kind="ledger").json()["files"]
    assert (file["state"], file["checks"][0]["is_off"]) == ("done", False)
    send(("ledger.xlsx", books.kite_ledger(trades, as_workbook=True)), kind="ledger")
    lines = container.uploads.ledger_lines(1)
    days = {one.at.date() for one in trades}
    assert len(lines) == len(days) + 3
    assert sum(one.credit - one.debit for one in lines) == Decimal(5_000_000) + sum(
        one.value if one.side == "sell" else -one.value for one in trades
    )


def test_up_02_a_ledger_whose_balance_differs_is_held(send, container: Container) -> None:
    content = books.kite_ledger(made(10), closing_off_by=Decimal("0.50"))
    [file] = send(("ledger.csv", content), kind="ledger").json()["files"]
    assert (file["state"], file["checks"][0]["difference"]) == ("held", "-0.50000000")
    assert container.uploads.ledger_lines(1) == ()
    [file] = send(("l.csv", content), kind="ledger", accept_difference=True).json()["files"]
    assert file["state"] == "done"


def test_up_01_another_persons_uploads_are_not_found(
    send, sign_in, signed_in: TestClient, container: Container
) -> None:
    [file] = send((NAME, books.kite_csv(made(5)))).json()["files"]
    stranger = sign_in("b@example.com")
    url = f"/api/uploads/{file['id']}"
    assert stranger.get("/api/uploads").json() == []
    for response in (stranger.get(url), stranger.delete(url), stranger.get(f"{url}/errors.csv")):
        assert response.status_code == 404
    [theirs] = send((NAME, books.kite_csv(made(5))), as_=stranger).json()["files"]
    assert theirs["imported"] == 5
    assert signed_in.delete(url).status_code == 204
    assert trades_of(container) == ()
    assert len(trades_of(container, "b@example.com")) == 5


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_01_a_large_file_is_imported_in_the_background(
    send, signed_in: TestClient, container: Container, wait_for
) -> None:
    trades = made(6000)
    response = send((NAME, books.kite_csv(trades))).json()
    assert response["rebuild"]["queued"] is True
    url = f"/api/uploads/{response['rebuild']['job_id']}"
    done = wait_for(lambda: signed_in.get(url).json(), lambda one: one["state"] == "done")
    assert (done["stored"], done["to_store"], done["imported"]) == (6000, 6000, 6000)
    assert totals_of(trades_of(container)) == expected(trades)
    assert signed_in.delete(url).status_code == 204
    assert trades_of(container) == ()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_01_an_import_cut_by_a_stop_is_failed_and_leaves_no_row(
    send, signed_in: TestClient, container: Container, clock, wait_for
) -> None:
    from tradertape_server.features.uploads.models import ImportedTrade, Upload

    [file] = send((NAME, books.kite_csv(made(20)))).json()["files"]
    with container.database.write() as session:
        session.get_one(Upload, file["id"]).state = "importing"
    assert trades_of(container) == ()  # whole or not at all
    clock.advance(minutes=5)
    [shown] = signed_in.get("/api/uploads").json()
    assert shown["state"] == "failed"
    assert "upload the file again" in shown["detail"]

    def left() -> int:
        with container.database.read() as session:
            return session.query(ImportedTrade).count()

    wait_for(left, lambda count: count == 0)

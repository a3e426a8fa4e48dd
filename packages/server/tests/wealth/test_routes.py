"""The book over the API: figures by hand, two people, empty answers, and what is kept."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from threading import Thread

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from packages.server.tests.wealth.conftest import SESSIONS, TCS, Uploaded

from tradertape_core.wealth.records import FundTransaction, LedgerLine, Segment
from tradertape_server.features.wealth.export import neutral

D = Decimal
URL = "/api/wealth"
PAGES = (
    "summary", "holdings", "funds", "realised", "tax", "dividends", "networth", "reconciliation",
)  # fmt: skip


def get(client: TestClient, page: str, **query: object):
    answer = client.get(f"{URL}/{page}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fund(day: str, units: str, amount: str, kind: str = "PURCHASE") -> FundTransaction:
    nav = D(amount) / D(units) if D(units) else D(0)
    return FundTransaction(
        "77/1", "INF001K01AA1", "Alpha Flexi Cap Fund", date.fromisoformat(day), kind, D(units),
        nav, D(amount),
    )  # fmt: skip


def test_without_uploads_every_page_is_an_empty_answer(signed_in: TestClient) -> None:
    for page in PAGES:
        get(signed_in, page)
    summary = get(signed_in, "summary")
    assert (summary["is_empty"], summary["net_worth"], summary["xirr"]) == (True, "0.00", None)
    assert get(signed_in, "tax")["fy"] is None
    missing = signed_in.get(f"{URL}/tax/export", params={"fy": "2024-25"})
    assert missing.status_code == 404


def test_the_summary_of_a_split_share_against_the_index(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    # Ten at 200 before a split 2:1; on its basis they cost 100 each and are worth 110 today.
    records.of[me] = Uploaded(trades=(trade("BUY", 10, 200, SESSIONS[1]),))
    summary = get(signed_in, "summary")
    assert summary["shares"] == summary["net_worth"] == "2200.00"
    assert (summary["invested"], summary["unrealised"]) == ("2000.00", "200.00")
    assert (summary["dividends"], summary["day_profit"]) == ("60.00", "0.00")
    # 10 % of the price, and 60 of dividend on 2,200 on a day without a change.
    assert summary["twr"] == pytest.approx(1.1 * (2260 / 2200) - 1)
    assert summary["benchmark_return"] == pytest.approx(0.2)
    assert summary["xirr"] > 0


def test_net_worth_over_time_has_no_step_at_a_split(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    records.of[me] = Uploaded(trades=(trade("BUY", 10, 200, SESSIONS[1]),))
    points = get(signed_in, "networth", points=5000)["points"]
    assert len(points) == len(SESSIONS) - 1
    assert {one["value"] for one in points} == {"2000.00", "2200.00"}
    assert {one["invested"] for one in points} == {"2000.00"}
    few = get(signed_in, "networth", points=3)["points"]
    assert [few[0]["on"], few[-1]["on"]] == [points[0]["on"], points[-1]["on"]]


def test_holdings_list_lots_and_what_is_long_term(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 10, 200, SESSIONS[1]),
            trade("BUY", 10, 60, "2025-03-03", symbol="TCS", isin=TCS),
            trade("SELL", 4, 70, "2025-03-04", symbol="TCS", isin=TCS),
            trade("SELL", 9, 10, "2025-03-04", symbol="GONE", isin=""),
        )
    )
    body = get(signed_in, "holdings")
    infy, tcs = body["holdings"]
    assert (infy["symbol"], infy["quantity"], infy["average_price"]) == ("INFY", "20", "100")
    assert (infy["long_term_quantity"], tcs["long_term_quantity"]) == ("20", "0")
    assert (tcs["quantity"], tcs["value"], tcs["unrealised"]) == ("6", "300.00", "-60.00")
    assert tcs["lots"][0]["long_term_from"] == "2026-03-04"
    assert infy["weight"] == pytest.approx(2200 / 2500)
    assert [one["symbol"] for one in body["unmatched"]] == ["GONE"]
    assert any("no purchase" in text for text in get(signed_in, "summary")["warnings"])


def test_a_contract_that_expired_without_a_closing_trade_is_named(
    signed_in: TestClient, me: int, records, trade
) -> None:
    option = {
        "symbol": "NIFTY25JAN24000CE", "isin": "", "segment": Segment.DERIVATIVES,
        "exchange": "NFO", "expiry": date(2025, 1, 30),
    }  # fmt: skip
    records.of[me] = Uploaded(trades=(trade("SELL", 75, 10, "2025-01-20", **option),))
    (contract,) = get(signed_in, "holdings")["contracts"]
    assert (contract["quantity"], contract["is_expired"]) == ("-75", True)
    assert any("expired" in text for text in get(signed_in, "summary")["warnings"])


def test_a_share_without_a_price_is_valued_at_cost_and_named(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    records.of[me] = Uploaded(trades=(trade("BUY", 10, 7, "2025-01-20", symbol="ODD", isin=""),))
    summary = get(signed_in, "summary")
    assert (summary["shares"], summary["unpriced"]) == ("70.00", ["ODD"])


def test_realised_pairs_by_year_and_page(signed_in: TestClient, me: int, records, trade) -> None:
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 30, 100, "2023-05-02"),
            trade("SELL", 10, 110, "2024-03-28"),
            trade("SELL", 10, 120, "2024-04-02"),
            trade("SELL", 5, 130, "2024-05-02"),
        )
    )
    whole = get(signed_in, "realised")
    assert (whole["total"], whole["profit"], whole["years"]) == (
        3, "450.00", ["2024-25", "2023-24"],
    )  # fmt: skip
    year = get(signed_in, "realised", fy="2024-25", limit=1, offset=1)
    assert (year["total"], year["profit"], year["by_kind"]) == (
        2, "350.00", {"delivery": "350.00"},
    )  # fmt: skip
    assert [one["sold_on"] for one in year["items"]] == ["2024-04-02"]
    refused = signed_in.get(f"{URL}/realised", params={"fy": "2024"})
    assert refused.status_code == 400
    assert "2024-25" in refused.text


def test_tax_of_a_year_with_set_off(signed_in: TestClient, me: int, records, trade) -> None:
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 1000, 100, "2022-05-02"),
            trade("SELL", 1000, 400, "2024-08-01"),
            trade("BUY", 1000, 100, "2024-07-01", symbol="TCS", isin=TCS),
            trade("SELL", 1000, 50, "2024-08-01", symbol="TCS", isin=TCS),
        )
    )
    report = get(signed_in, "tax")
    assert report["fy"] == "2024-25"
    assert report["tax"] == "15625.00"  # (300,000 - 50,000 - 125,000) x 12.5 %
    assert [(one["amount"], one["section"]) for one in report["set_offs"]] == [
        ("50000.00", "70(2)")
    ]
    assert get(signed_in, "tax", fy="2019-20")["tax"] == "0.00"


def test_exports_are_neutral_and_complete(signed_in: TestClient, me: int, records, trade) -> None:
    evil = '=HYPERLINK("http://x")'
    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 10, 100, "2024-05-02", symbol=evil, isin=""),
            trade("SELL", 10, 90, "2024-06-03", symbol=evil, isin="", account="@AB"),
            trade("SELL", 10, 90, "2024-06-03", symbol=evil, isin=""),
        )
    )
    got = signed_in.get(f"{URL}/tax/export", params={"fy": "2024-25", "format": "csv"})
    assert got.headers["content-disposition"] == 'attachment; filename="tax-2024-25.csv"'
    header, row = csv.reader(io.StringIO(got.content.decode("utf-8-sig")))
    assert dict(zip(header, row, strict=True))["Gain"] == "-100.00"
    assert row[1] == f"'{evil}"
    book = load_workbook(
        io.BytesIO(signed_in.get(f"{URL}/tax/export", params={"fy": "2024-25"}).content)
    )
    assert book.sheetnames == ["Summary", "Pairs"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert book["Pairs"]["B2"].value == f"'{evil}"
    assert book["Pairs"]["N2"].value == -100


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "|cmd", "%0"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert neutral(text) == f"'{text}"
    assert neutral("M&M 1=1") == "M&M 1=1"


def test_funds_by_folio_with_payouts(signed_in: TestClient, me: int, records) -> None:
    records.of[me] = Uploaded(
        funds=(
            fund("2024-01-02", "100", "1000"),
            fund("2024-06-03", "0", "40", "DIVIDEND_PAYOUT"),
            fund("2025-01-02", "-50", "-600", "REDEMPTION"),
        )
    )
    (one,) = get(signed_in, "funds")
    assert (one["units"], one["cost"], one["value"]) == ("50", "500.00", "600.00")
    assert (one["realised"], one["payouts"], one["nav_on"]) == ("100.00", "40.00", "2025-01-02")
    assert one["fund_class"] == "equity"
    assert get(signed_in, "tax", fy="2024-25")["buckets"][0]["term"] == "short_term"
    summary = get(signed_in, "summary")
    assert (summary["funds"], summary["net_worth"], summary["shares"]) == (
        "600.00", "600.00", "0.00",
    )  # fmt: skip
    assert get(signed_in, "dividends")["by_year"] == {"2024-25": "40.00"}


def test_dividends_of_what_was_held(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    records.of[me] = Uploaded(trades=(trade("BUY", 10, 200, SESSIONS[1]),))
    body = get(signed_in, "dividends")
    assert [(one["paid_by"], one["quantity"], one["amount"]) for one in body["items"]] == [
        ("INFY", "20", "60.00")
    ]


def test_the_ledger_beside_the_trades(signed_in: TestClient, me: int, records, trade) -> None:
    def line(day: str, text: str, debit: str, credit: str, balance: str) -> LedgerLine:
        return LedgerLine(
            "kite", "AB0001", date.fromisoformat(day), text, "", D(debit), D(credit), D(balance)
        )

    records.of[me] = Uploaded(
        trades=(trade("BUY", 10, 100, "2024-05-02"),),
        lines=(
            line("2024-05-01", "Funds added using UPI", "0", "5000", "5000"),
            line("2024-05-02", "Net settlement for Equity", "1003", "0", "3997"),
            line("2024-05-09", "Net settlement for Equity", "90", "0", "3907"),
        ),
    )
    (account,) = get(signed_in, "reconciliation")["accounts"]
    assert (account["opening"], account["closing"], account["gap"]) == ("0.00", "3907.00", "0.00")
    assert {one["kind"]: one["amount"] for one in account["differences"]} == {
        "unexplained": "-3.00", "missing_trades": "-90.00",
    }  # fmt: skip
    assert get(signed_in, "summary")["cash"] == "3907.00"


def test_nobody_sees_the_book_of_another(sign_in, person, records, trade) -> None:
    first, second = person("a@example.com"), person("b@example.com")
    records.of[first] = Uploaded(trades=(trade("BUY", 10, 100, "2024-05-02"),))
    records.of[second] = Uploaded(trades=(trade("BUY", 1, 7, "2024-05-02"),))
    for _ in range(2):
        assert get(sign_in("a@example.com"), "summary")["shares"] == "1000.00"
        assert get(sign_in("b@example.com"), "summary")["shares"] == "7.00"
    third = sign_in("c@example.com")
    assert get(third, "summary")["is_empty"]


def test_a_book_is_reckoned_once_until_an_upload_changes_it(
    signed_in: TestClient, me: int, records, trade
) -> None:
    records.of[me] = Uploaded(trades=(trade("BUY", 10, 100, "2024-05-02"),))
    threads = [Thread(target=get, args=(signed_in, page)) for page in PAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records.reads == 1
    records.of[me] = Uploaded(version=2)
    assert get(signed_in, "summary")["is_empty"]
    assert records.reads == 2


def test_the_day_changes_what_is_long_term(
    signed_in: TestClient, me: int, records, trade, clock
) -> None:
    records.of[me] = Uploaded(trades=(trade("BUY", 10, 100, "2025-01-05"),))
    (holding,) = get(signed_in, "holdings")["holdings"]
    assert holding["lots"][0]["is_long_term"] is False  # today is 2026-01-05
    clock.advance(days=1)
    (holding,) = get(signed_in, "holdings")["holdings"]
    assert holding["lots"][0]["is_long_term"] is True

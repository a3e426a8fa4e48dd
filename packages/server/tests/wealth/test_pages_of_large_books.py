"""Long lists by page: sorted pairs, lots, sales without a purchase; and the import quality."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from packages.server.tests.wealth.conftest import SESSIONS, Uploaded

from tradertape_core.wealth.statements.quality import ImportedFile, StatedTotal
from tradertape_server.features.wealth.finished import SORTS
from tradertape_server.features.wealth.lines import CHUNK, Lines, grouped, lines_of

URL = "/api/wealth"
D = Decimal


def get(client: TestClient, page: str, **query: object):
    answer = client.get(f"{URL}/{page}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


rows = st.lists(st.text(max_size=20).map(lambda text: json.dumps(text).encode()), max_size=300)


@given(rows, st.integers(0, 310), st.integers(0, 310))
def test_a_page_of_kept_rows_is_the_slice_of_the_rows(made: list[bytes], limit, offset) -> None:
    kept = lines_of(made)
    assert (kept.total, len(kept.pieces)) == (len(made), -(-len(made) // CHUNK))
    assert kept.page(limit, offset) == made[offset : offset + limit]


@given(st.dictionaries(st.text(max_size=3), rows, max_size=4), st.integers(0, 40))
def test_a_group_has_its_own_rows_alone(groups: dict[str, list[bytes]], offset) -> None:
    kept = grouped(groups)
    for name, made in groups.items():
        assert kept.page(1000, offset, name) == made[offset:]
    assert kept.page(10, 0, "none such") == [] or "none such" in groups
    assert Lines().page(10, 0) == []


def test_pairs_are_sorted_by_what_was_asked_for(
    signed_in: TestClient, me: int, records, trade
) -> None:
    made = []
    for place, price in enumerate((110, 90, 130, 70, 101)):
        day = date(2024, 5, 1 + place)
        made.append(trade("BUY", 10, 100, "2024-04-02", symbol=f"S{place}", isin=""))
        made.append(trade("SELL", 10, price, day, symbol=f"S{place}", isin=""))
    records.of[me] = Uploaded(trades=tuple(made))

    def profits(**query: object) -> list[str]:
        return [one["profit"] for one in get(signed_in, "realised", **query)["items"]]

    assert profits() == ["10.00", "-300.00", "300.00", "-100.00", "100.00"]
    assert profits(sort="profit", limit=2) == ["300.00", "100.00"]
    assert profits(sort="profit", order="asc", limit=2, offset=1) == ["-100.00", "10.00"]
    assert profits(sort="symbol", order="asc")[0] == "100.00"
    for sort in SORTS:
        assert len(profits(sort=sort, fy="2024-25")) == 5
    assert get(signed_in, "realised", fy="2019-20")["total"] == 0
    assert signed_in.get(f"{URL}/realised", params={"sort": "cost"}).status_code == 422


def test_lots_of_a_share_by_page(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    days = SESSIONS[40:110]
    accounts = ("AB0001", "ZZ0009")
    trades = (trade("BUY", 1, 100, day, account=accounts[n % 7 == 0]) for n, day in enumerate(days))
    records.of[me] = Uploaded(trades=tuple(trades))
    (holding,) = get(signed_in, "holdings")["holdings"]
    assert (holding["lot_count"], len(holding["lots"])) == (70, 50)
    assert {one["account"]: one["quantity"] for one in holding["by_account"]} == {
        "AB0001": "60", "ZZ0009": "10",
    }  # fmt: skip
    got = signed_in.get(
        f"{URL}/lots", params={"instrument": holding["instrument"], "limit": 10, "offset": 65}
    )
    assert got.headers["x-total-count"] == "70"
    assert [one["opened_on"] for one in got.json()] == [day.isoformat() for day in days[65:]]
    assert signed_in.get(f"{URL}/lots", params={"instrument": "ODD"}).status_code == 404


def test_sales_without_a_purchase_by_page(signed_in: TestClient, me: int, records, trade) -> None:
    records.of[me] = Uploaded(
        trades=tuple(
            trade("SELL", 1, 100, "2024-05-02", symbol=f"S{place:03}", isin="")
            for place in range(60)
        )
    )
    body = get(signed_in, "holdings")
    assert (body["unmatched_count"], len(body["unmatched"])) == (60, 50)
    assert len(get(signed_in, "unmatched", limit=100, offset=55)) == 5
    assert get(signed_in, "contracts") == []


def test_the_import_quality_names_what_is_missing(
    flat_market, signed_in: TestClient, me: int, records, trade
) -> None:
    assert get(signed_in, "quality")["is_good"]
    off = StatedTotal("Closing balance", D(100), D(90), D(10), is_off=True)

    def file(number: int, first: str, last: str, *totals: StatedTotal) -> ImportedFile:
        days = date.fromisoformat(first), date.fromisoformat(last)
        return ImportedFile(number, f"{number}.csv", "tradebook", "kite", "AB0001", "EQ", *days,
                            totals)  # fmt: skip

    records.of[me] = Uploaded(
        trades=(
            trade("BUY", 1, 100, "2024-05-02", charges=None),
            trade("SELL", 4, 50, "2024-06-03", symbol="GONE", isin=""),
        ),
        files=(file(1, "2024-05-02", "2024-05-31"), file(2, "2024-08-01", "2024-08-30", off)),
        version=2,
    )
    body = get(signed_in, "quality")
    assert (body["is_good"], body["files"]) == (False, 2)
    assert [(one["file"], one["difference"]) for one in body["checks"]] == [("2.csv", "10.00")]
    assert [(one["first"], one["last"]) for one in body["gaps"]] == [("2024-06-01", "2024-07-31")]
    assert [(one["symbol"], one["quantity"]) for one in body["unmatched"]] == [("GONE", "4")]
    assert [(one["estimated"], one["executions"]) for one in body["estimates"]] == [(1, 2)]
    assert body["unknown"] == ["GONE"]

"""Instrument files and the search."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from packages.sandbox.tests.upstox.served_upstox import INFY, ServedUpstox

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.wire.upstox.keys import find


def rows_of(upstox: ServedUpstox, name: str) -> list[dict[str, Any]]:
    path = f"/market-quote/instruments/exchange/{name}.json.gz"
    reply = upstox.call("GET", path, headers={"Authorization": ""})
    assert reply.status_code == 200, reply.text
    return json.loads(gzip.decompress(reply.content))


def test_the_complete_file_has_every_instrument_under_its_key(upstox: ServedUpstox) -> None:
    listing = upstox.sandbox.exchange.instruments
    rows = rows_of(upstox, "complete")
    assert len(rows) == len(listing.all)
    found = [find(listing, row["instrument_key"]) for row in rows]
    assert found == list(listing.all)
    assert len(rows_of(upstox, "NSE")) + len(rows_of(upstox, "BSE")) == len(rows)
    assert rows_of(upstox, "MCX") == []
    assert {row["segment"] for row in rows_of(upstox, "MTF")} == {"NSE_EQ"}


def test_a_row_has_the_units_of_the_files(upstox: ServedUpstox) -> None:
    rows = {row["instrument_key"]: row for row in rows_of(upstox, "NSE")}
    share = rows[INFY]
    size = upstox.instrument("NSE:INFY").tick_size
    assert (share["tick_size"], share["isin"]) == (float(size * 100), "INE009A01021")
    option = next(row for row in rows.values() if row["instrument_type"] == "CE")
    ends = datetime.fromtimestamp(option["expiry"] / 1000, UTC).astimezone(IST)
    assert (ends.hour, ends.minute, ends.second) == (23, 59, 59)
    assert option["trading_symbol"].endswith(ends.strftime("%d %b %y").upper())
    assert option["segment"] == "NSE_FO"


def test_an_unknown_file_is_not_found(upstox: ServedUpstox) -> None:
    path = "/market-quote/instruments/exchange/LSE.json.gz"
    assert upstox.error("GET", path) == (404, "UDAPI100060")


def found(upstox: ServedUpstox, query: str, **terms: Any) -> tuple[list[str], dict[str, int]]:
    reply = upstox.call("GET", "/v2/instruments/search", params={"query": query, **terms}).json()
    return [row["trading_symbol"] for row in reply["data"]], reply["meta_data"]["page"]


def test_the_search_has_the_exact_symbol_first(upstox: ServedUpstox) -> None:
    names, page = found(upstox, "infy", records=3)
    assert names[0] == "INFY"
    assert (len(names), page["records"], page["page_number"]) == (3, 3, 1)
    assert page["total_pages"] == -(-page["total_records"] // 3)
    again, _ = found(upstox, "INFY", records=3, page_number=2)
    assert not set(again) & set(names)


def test_the_search_narrows_to_kinds_expiries_and_strikes(upstox: ServedUpstox) -> None:
    names, page = found(
        upstox, "nifty", segments="FO", instrument_types="CE", expiry="nearest", atm_offset=1,
        exchanges="NSE", records=30,
    )  # fmt: skip
    assert page["total_records"] == len(names)
    nifty = [name for name in names if name.startswith("NIFTY ")]
    assert len(nifty) == 1
    strike = int(nifty[0].split()[1])
    level = float(upstox.last("NSE:NIFTY 50"))
    assert -25 <= strike - level <= 75 + 25
    assert {name.split()[2] for name in names} == {"CE"}


@pytest.mark.parametrize(
    "query",
    [
        {"query": ""}, {"query": "x" * 51}, {"query": "NIFTY", "records": "31"},
        {"query": "NIFTY", "page_number": "0"}, {"query": "NIFTY", "atm_offset": "near"},
    ],
)  # fmt: skip
def test_a_search_that_is_wrong_is_refused(upstox: ServedUpstox, query: dict[str, str]) -> None:
    refused = upstox.error("GET", "/v2/instruments/search", params=query)
    assert refused == (400, "UDAPI100036")

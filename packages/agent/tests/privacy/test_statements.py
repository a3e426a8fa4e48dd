"""Tradebooks and ledgers as they leave: scaled, without ids and texts, and closing to zero."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from tradertape_agent.errors import AgentError
from tradertape_agent.journal.store import Store
from tradertape_agent.privacy.modes import Mode, Privacy
from tradertape_agent.privacy.statements import Kind, Rewritten, Treatment, rewritten
from tradertape_agent.privacy.verifier import Withheld
from tradertape_core.wealth.statements.reading import account_of

CLIENT = "AB1234"
HEADER = (
    "Symbol", "ISIN", "Trade Date", "Exchange", "Segment", "Series", "Trade Type", "Auction",
    "Quantity", "Price", "Trade ID", "Order ID", "Order Execution Time",
)  # fmt: skip


def trade(side: str = "buy", quantity: float = 1000, **changes: Any) -> tuple[Any, ...]:
    row: dict[str, Any] = {
        "Symbol": "INFY", "ISIN": "INE009A01021", "Trade Date": date(2026, 6, 10),
        "Exchange": "NSE", "Segment": "EQ", "Series": "EQ", "Trade Type": side, "Auction": False,
        "Quantity": quantity, "Price": 1500.25, "Trade ID": "7654321", "Order ID": 1100000001,
        "Order Execution Time": datetime.fromisoformat("2026-06-10T09:15:03"), **changes,
    }  # fmt: skip
    return tuple(row[name] for name in HEADER)


def console(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> bytes:
    """A file as Zerodha's Console exports it: a preamble with the client, from column B on."""
    book = Workbook()
    book.properties.creator = CLIENT
    sheet = book.active
    assert sheet is not None
    sheet.append([])
    sheet.append([None, "Client ID", CLIENT])
    sheet.append([None, "Tradebook for Equity from 2026-06-01 to 2026-06-30"])
    sheet.append([])
    for row in (header, *rows):
        sheet.append([None, *row])
    sheet.append([None, "Generated for Asha Rao, ABCDE1234F"])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def as_csv(*rows: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "agent.db")
    opened.set_meta("obfuscation", "on")
    yield opened
    opened.close()


def privacy(store: Store, tmp_path: Path, mode: Mode | None = None) -> Privacy:
    return Privacy(tmp_path / "agent.key", store, None if mode is None else mode.value)


def cells(made: Rewritten) -> list[dict[str, str]]:
    """The new file, read back by its header."""
    sheet = load_workbook(io.BytesIO(made.content)).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def everything(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(packed.read(one).decode() for one in packed.namelist())


def test_ap_02_quantities_are_scaled_prices_are_not_and_ids_are_replaced(
    store: Store, tmp_path: Path
) -> None:
    own = privacy(store, tmp_path)
    made = rewritten(f"tradebook-{CLIENT}.xlsx", console(trade(), trade("sell")), own, [CLIENT])
    first, second = cells(made)
    assert Decimal(first["Quantity"]) == 1000 * own.factor.factor
    assert (first["Price"], first["Symbol"], first["Trade Date"]) == (
        "1500.25", "INFY", "2026-06-10",
    )  # fmt: skip
    assert first["Order ID"] == second["Order ID"] != "1100000001"
    assert len(first["Order ID"]) == 16
    assert (made.kind, made.factor_id) == (Kind.TRADEBOOK, own.factor.factor_id)
    whole = everything(made.content) + made.name
    for secret in (CLIENT, "Asha", "ABCDE1234F", "7654321", "1100000001", ">1000<"):
        assert secret not in whole
    assert made.originals[0][8] == "1000"
    [note] = made.left_out.items()
    assert note[1] == 1


def test_ap_02_a_ledger_is_scaled_without_its_texts(store: Store, tmp_path: Path) -> None:
    header = ("Particulars", "Posting Date", "Voucher Type", "Debit", "Credit", "Net Balance")
    row = ("Funds added using UPI by Asha", "2026-06-10", "Bank Receipts", 0, "1,000.50", 2500.75)
    own = privacy(store, tmp_path)
    made = rewritten("ledger.xlsx", console(row, header=header), own, [])
    [found] = cells(made)
    factor = own.factor.factor
    assert Decimal(found["Credit"]) == Decimal("1000.50") * factor
    assert Decimal(found["Net Balance"]) == Decimal("2500.75") * factor
    assert "Particulars" not in found
    [left] = [one for one in made.columns if one.treatment is Treatment.LEFT_OUT]
    assert (left.name, made.kind) == ("Particulars", Kind.LEDGER)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
def test_closing_trades_net_to_zero_exactly(quantities: list[int]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        store = Store(Path(name) / "a.db")
        store.set_meta("obfuscation", "on")
        own = privacy(store, Path(name))
        rows = [trade("buy", one) for one in quantities] + [trade("sell", sum(quantities))]
        net: defaultdict[str, Decimal] = defaultdict(Decimal)
        for one in cells(rewritten("t.xlsx", console(*rows), own, [])):
            sign = 1 if one["Trade Type"] == "buy" else -1
            net[one["Symbol"]] += sign * Decimal(one["Quantity"])
        store.close()
        assert net == {"INFY": 0}


def test_derivatives_stay_here_while_figures_are_scaled(store: Store, tmp_path: Path) -> None:
    option = trade(Symbol="NIFTY26JUN25000CE", Segment="FO", Quantity=75)
    made = rewritten("t.xlsx", console(trade(), option), privacy(store, tmp_path), [])
    assert [one["Symbol"] for one in cells(made)] == ["INFY"]
    assert any("lots" in why for why in made.left_out)
    store.set_meta("obfuscation", "")
    made = rewritten("t.xlsx", console(trade(), option), privacy(store, tmp_path), [])
    assert [one["Quantity"] for one in cells(made)] == ["1000", "75"]


def test_a_csv_and_an_unknown_column(store: Store, tmp_path: Path) -> None:
    text = "symbol,trade_date,trade_type,quantity,price,trade_id,client_id\n"
    text += f"INFY,2026-06-10,buy,10.000000,1500.25,=1+1,{CLIENT}\n"
    own = privacy(store, tmp_path)
    made = rewritten("tradebook.csv", text.encode(), own, [CLIENT])
    [found] = cells(made)
    assert "client_id" not in found
    assert Decimal(found["quantity"]) == 10 * own.factor.factor


@pytest.mark.parametrize(
    ("symbol", "words"), [(CLIENT, "client id"), ("ABCDE1234F", "looks like a PAN")]
)
def test_a_kept_column_that_names_the_client_is_not_sent(
    symbol: str, words: str, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(Withheld, match=words):
        rewritten("t.xlsx", console(trade(Symbol=symbol)), privacy(store, tmp_path), [CLIENT])


def test_a_text_that_looks_like_a_formula_stays_a_text(store: Store, tmp_path: Path) -> None:
    text = b"symbol,series,trade_type,quantity,price\nINFY,=1+1,buy,10,1500\n"
    made = rewritten("t.csv", text, privacy(store, tmp_path), [])
    assert cells(made)[0]["series"] == "=1+1"
    assert "<f>" not in everything(made.content)


@pytest.mark.parametrize("mode", [Mode.COARSE, Mode.SEALED])
def test_strong_modes_upload_no_trades(mode: Mode, store: Store, tmp_path: Path) -> None:
    with pytest.raises(Withheld, match=mode.value):
        rewritten("t.xlsx", console(trade()), privacy(store, tmp_path, mode), [])


def test_seed_literal_scales_prices_too(store: Store, tmp_path: Path) -> None:
    own = privacy(store, tmp_path, Mode.SEED_LITERAL)
    [found] = cells(rewritten("t.xlsx", console(trade()), own, []))
    assert Decimal(found["Price"]) < Decimal("1500.25")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.xlsx", b"not a zip", "no XLSX"),
        ("t.xlsx", b"", "no XLSX"),
        ("t.csv", b"\xff\xfe", "UTF-8"),
        ("t.csv", b"a,b\n1,2\n", "no tradebook or ledger"),
        ("t.csv", json.dumps({"a": 1}).encode(), "no tradebook or ledger"),
        ("t.csv", b"symbol,isin,price,quantity\nINFY,X,1,\n", "no row with"),
    ],
)
def test_what_is_no_statement_is_refused_in_words(
    name: str, content: bytes, words: str, store: Store, tmp_path: Path
) -> None:
    with pytest.raises(AgentError, match=words):
        rewritten(name, content, privacy(store, tmp_path), [])


def test_a_packed_bomb_is_not_unpacked(store: Store, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", b"0" * 120_000_000)
    with pytest.raises(AgentError, match="100 MB"):
        rewritten("t.xlsx", packed.getvalue(), privacy(store, tmp_path), [])


def test_up_04_the_account_of_a_file_leaves_as_a_hash_of_its_own(
    store: Store, tmp_path: Path
) -> None:
    """From above the table, from the file's name, or from a column; never in clear."""
    own = privacy(store, tmp_path)
    above = rewritten("export.xlsx", console(trade()), own, [])
    named = rewritten(f"tradebook-{CLIENT}-EQ-2026.csv", as_csv(HEADER, trade()), own, [])
    column = rewritten("export.csv", as_csv(("client_id", *HEADER), (CLIENT, *trade())), own, [])
    assert {one.account for one in (above, named, column)} == {above.account}
    assert {one.client_id for one in (above, named, column)} == {CLIENT}
    assert len(above.account) == 16
    assert above.account != own.shown().identifier(CLIENT)  # not the hash that an order has
    other = rewritten("tradebook-CD5678-EQ.csv", as_csv(HEADER, trade()), own, [])
    assert other.account not in ("", above.account)
    nobody = rewritten("export.csv", as_csv(HEADER, trade()), own, [])
    assert "account" not in nobody.document()
    for one in (above, named, column, other):
        body = json.dumps(one.document())
        assert CLIENT not in body
        assert "CD5678" not in body
        assert one.document()["account"] == one.account


def test_up_04_rows_of_two_accounts_are_no_file_of_one(store: Store, tmp_path: Path) -> None:
    mixed = as_csv(("client_id", *HEADER), (CLIENT, *trade()), ("CD5678", *trade("sell")))
    with pytest.raises(AgentError, match="several accounts"):
        rewritten("export.csv", mixed, privacy(store, tmp_path), [])


def test_up_04_where_nothing_is_hidden_the_account_is_the_consoles(tmp_path: Path) -> None:
    """So that the same file, uploaded in the console, is the same account."""
    with closing(Store(tmp_path / "plain.db")) as store:
        made = rewritten("export.xlsx", console(trade()), privacy(store, tmp_path), [])
    assert made.document()["account"] == CLIENT


def test_up_04_a_rewritten_files_name_is_never_taken_for_a_client_id(
    store: Store, tmp_path: Path
) -> None:
    own = privacy(store, tmp_path)
    for number in range(200):
        content = as_csv(HEADER, trade(quantity=number + 1))
        name = rewritten("export.csv", content, own, []).name
        assert account_of([], name) == "", name

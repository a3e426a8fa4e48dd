"""Files that an agent scaled, and those that must not come in clear: UP-04, AP-02, AP-05, D10."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from packages.server.tests.conftest import SignIn
from packages.server.tests.uploads.files import books
from packages.server.tests.uploads.files.account_statements import (
    PAN,
    MadeScheme,
    account_statement,
    invented_schemes,
)
from sqlalchemy import text

from tradertape_agent.journal.store import Store
from tradertape_agent.privacy.account_statements import read_pdf, rewritten_statement
from tradertape_agent.privacy.modes import Privacy
from tradertape_agent.privacy.statements import rewritten as agent_rewritten
from tradertape_core.wealth.records import FundTransaction
from tradertape_server.container import Container

Json = dict[str, Any]
FACTOR = Decimal("0.13720001")
HEAD = "Symbol,ISIN,Trade Date,Exchange,Segment,Series,Trade Type,Quantity,Price,Trade ID,Order ID"


def rewritten(count: int = 3, first: int = 1) -> str:
    """A tradebook as an agent sends it: quantities times the factor, ids as hashes."""
    rows = [
        f"INFY,INE009A01021,2026-06-{10 + one:02},NSE,EQ,EQ,buy,{100 * FACTOR:f},1500.25,"
        f"{one:016x},{one:016x}"
        for one in range(first, first + count)
    ]
    return "\n".join([HEAD, *rows])


def key_of(client: TestClient) -> str:
    return client.post("/api/auth/agent-keys", json={}).json()["token"]


@pytest.fixture
def agent(app: FastAPI, signed_in: TestClient) -> TestClient:
    headers = {"Authorization": f"Bearer {key_of(signed_in)}"}
    return TestClient(app, base_url="http://localhost:18777", headers=headers)


def forward(agent: TestClient, factor_id: str | None = "f-one", **changes: Any) -> Response:
    body = {
        "kind": "tradebook", "name": "tradebook-1a2b.csv", "content": rewritten(),
        "scaled": factor_id is not None, "factor_id": factor_id, **changes,
    }  # fmt: skip
    return agent.post("/api/uploads/from-agent", json=body)


def hide(client: TestClient, *, on: bool = True) -> None:
    assert client.put("/api/agents/obfuscation", json={"enabled": on}).status_code == 204


def stored(container: Container) -> int:
    with container.database.read() as session:
        return session.scalar(text("SELECT count(*) FROM imported_trades")) or 0


def code_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("X-Error-Code", "")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_04_a_scaled_file_is_imported_to_the_last_digit_and_every_page_says_so(
    agent: TestClient, signed_in: TestClient, container: Container
) -> None:
    hide(signed_in)
    answer = forward(agent)
    assert answer.status_code == 200, answer.text
    [file] = answer.json()["files"]
    assert (file["state"], file["imported"]) == ("done", 3)
    assert (file["scaled"], file["factor_id"]) == (True, "f-one")
    assert forward(agent).json()["files"][0]["duplicates"] == 3
    with container.database.read() as session:
        user = session.scalar(text("SELECT id FROM users"))
    assert {one.quantity for one in container.uploads.trades(user)} == {100 * FACTOR}
    for page in ("summary", "holdings", "realised", "tax", "dividends", "networth", "quality",
                 "reconciliation"):  # fmt: skip
        shown = signed_in.get(f"/api/wealth/{page}").json()
        assert (shown["scaled"], shown["factor_id"]) == (True, "f-one"), page
    assert signed_in.get("/api/wealth/status").json()["factor_id"] == "f-one"
    assert "do not file" in signed_in.get("/api/wealth/tax").json()["notes"][0]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_d10_real_figures_of_an_obfuscated_account_are_not_even_read(
    send, agent: TestClient, signed_in: TestClient, container: Container, monkeypatch: Any
) -> None:
    hide(signed_in)
    monkeypatch.setattr(container.uploads, "_readers", None)  # whoever reads a file fails
    file = (
        "book.csv",
        books.kite_csv(books.invented(1, 5, first=date(2024, 4, 1), last=date(2024, 6, 28))),
    )
    for kind in ("tradebook", "ledger", "cas"):
        for dry_run in ("true", "false"):
            refused = send(file, kind=kind, dry_run=dry_run)
            assert code_of(refused) == (409, "obfuscation_required"), kind
    assert "agent" in refused.json()["detail"]
    assert code_of(forward(agent, None)) == (409, "obfuscation_required")
    assert signed_in.get("/api/uploads").json() == []
    assert signed_in.get("/api/wealth/summary").json()["scaled"] is False


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_d10_files_of_two_factors_or_of_none_are_not_added_up(
    send, agent: TestClient, signed_in: TestClient, container: Container, sign_in: SignIn
) -> None:
    file = (
        "book.csv",
        books.kite_csv(books.invented(1, 5, first=date(2024, 4, 1), last=date(2024, 6, 28))),
    )
    number = send(file).json()["files"][0]["id"]
    assert send(file, as_=sign_in("other@example.com")).status_code == 200
    hide(signed_in)
    assert signed_in.get("/api/agents").json()["clear_files"] == 1
    mixed = forward(agent)
    assert code_of(mixed) == (409, "factor_mixture")
    assert "1 file not scaled" in mixed.json()["detail"]
    before = stored(container)
    assert signed_in.delete(f"/api/uploads/{number}").status_code == 204
    assert signed_in.get("/api/agents").json()["clear_files"] == 0
    first = forward(agent).json()["files"][0]
    assert stored(container) == before - 5 + 3
    other = forward(agent, "f-two")
    assert code_of(other) == (409, "factor_mixture")
    assert all(name in other.json()["detail"] for name in ("f-one", "f-two"))
    hide(signed_in, on=False)
    assert code_of(send(file)) == (409, "factor_mixture")
    signed_in.delete(f"/api/uploads/{first['id']}")
    assert send(file).status_code == 200


FIRST, SECOND = "0123456789abcdef", "fedcba9876543210"


def accounts(container: Container) -> dict[str, int]:
    """How many trades the wealth book has of each account."""
    with container.database.read() as session:
        user = session.scalar(text("SELECT id FROM users"))
    return Counter(one.account for one in container.uploads.trades(user))


def test_up_04_two_accounts_at_one_broker_keep_apart_and_each_counts_once(
    agent: TestClient, signed_in: TestClient, container: Container
) -> None:
    """On both databases. The trades have the same ids: exchanges number them anew every day."""
    hide(signed_in)
    for account, imported in ((FIRST, 3), (SECOND, 3), (FIRST, 0), (SECOND, 0)):
        [file] = forward(agent, account=account).json()["files"]
        assert (file["account"], file["imported"]) == (account, imported)
        assert not any("does not name" in one for one in file["warnings"])
    assert accounts(container) == {FIRST: 3, SECOND: 3}
    assert {one["account"] for one in signed_in.get("/api/uploads").json()} == {FIRST, SECOND}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_04_files_of_an_older_agent_are_of_the_account_that_is_named_later(
    agent: TestClient, signed_in: TestClient, container: Container
) -> None:
    hide(signed_in)
    forward(agent)
    assert accounts(container) == {"": 3}
    [file] = forward(agent, account=FIRST, content=rewritten(5)).json()["files"]
    assert (file["imported"], file["duplicates"]) == (2, 3)
    assert accounts(container) == {FIRST: 5}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_d10_a_scaled_file_with_a_client_id_is_refused(
    agent: TestClient, signed_in: TestClient
) -> None:
    hide(signed_in)
    for account in ("AB1234", FIRST.upper(), FIRST[:15], "../etc", ""):
        assert forward(agent, account=account).status_code == 422, account
    assert signed_in.get("/api/uploads").json() == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_04_a_clear_file_of_an_agent_is_of_the_same_account_as_the_consoles(
    send, agent: TestClient, container: Container, tmp_path: Path
) -> None:
    trades = books.invented(1, 5, first=date(2024, 4, 1), last=date(2024, 6, 28))
    content = books.kite_workbook(trades)
    assert send(("book.xlsx", content)).json()["files"][0]["imported"] == 5
    store = Store(tmp_path / "journal.db")
    made = agent_rewritten("book.xlsx", content, Privacy(tmp_path / "factor", store, None), [])
    store.close()
    [file] = agent.post("/api/uploads/from-agent", json=made.document()).json()["files"]
    assert (file["imported"], file["duplicates"]) == (0, 5)
    assert len(accounts(container)) == 1


def test_d10_of_two_factors_at_once_one_is_stored(
    agent: TestClient, signed_in: TestClient, container: Container
) -> None:
    """Both files are read before either is stored; on both databases."""
    forward(agent, content="nonsense")  # the routes are warm
    for turn in range(4):
        given = [(f"f-{one}", rewritten(first=1 + 3 * one)) for one in range(4)]
        with ThreadPoolExecutor(4) as pool:
            codes = list(
                pool.map(lambda one: code_of(forward(agent, one[0], content=one[1])), given)
            )
        with container.database.read() as session:
            labels = set(session.scalars(text("SELECT factor_id FROM uploads WHERE state='done'")))
        assert len(labels) == 1, (turn, codes)
        assert set(codes) <= {(200, ""), (409, "factor_mixture"), (429, "too_many_requests")}
        for one in signed_in.get("/api/uploads").json():
            signed_in.delete(f"/api/uploads/{one['id']}")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_04_only_an_agent_may_send_what_it_rewrote(
    agent: TestClient, signed_in: TestClient
) -> None:
    assert code_of(forward(signed_in)) == (403, "agent_only")
    for body in (
        {"scaled": False},
        {"factor_id": None, "scaled": True},
        {"kind": "cas"},
        {"content": ""},
    ):
        assert forward(agent, **body).status_code == 422, body
    bad = forward(agent, content="Symbol,Quantity\nINFY,1")
    assert bad.status_code == 400


WRITERS = {
    "kite csv": books.kite_csv,
    "kite workbook": books.kite_workbook,
    "upstox workbook": books.upstox_workbook,
    "groww workbook": books.groww_workbook,
}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("mode", ["off", "relative"])
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_04_what_the_agent_makes_of_every_brokers_file_is_read_here(
    agent: TestClient, signed_in: TestClient, container: Container, tmp_path: Path, kind: str,
    mode: str,
) -> None:  # fmt: skip
    store = Store(tmp_path / "journal.db")
    privacy = Privacy(tmp_path / "factor", store, None)
    privacy.hear(is_obfuscated=mode != "off")
    hide(signed_in, on=mode != "off")
    factor = Decimal(1) if mode == "off" else privacy.factor.factor
    trades = books.invented(3, 40, first=date(2024, 4, 1), last=date(2024, 6, 28))
    made = agent_rewritten("book.xlsx" if "book" in kind else "book.csv", WRITERS[kind](trades),
                           privacy, [])  # fmt: skip
    answer = agent.post("/api/uploads/from-agent", json=made.document())
    assert answer.status_code == 200, answer.text
    [file] = answer.json()["files"]
    assert (file["state"], file["imported"]) == ("done", 40), file
    assert file["account"] == made.account
    unnamed = any("does not name the broker's account" in one for one in file["warnings"])
    assert unnamed == (kind == "kite csv") == (not made.account)
    with container.database.read() as session:
        user = session.scalar(text("SELECT id FROM users"))
    found = sorted(container.uploads.trades(user), key=lambda one: (one.traded_on, one.symbol))
    assert sum(one.quantity for one in found) == factor * sum(one.quantity for one in trades)
    value = sum((one.quantity * one.price for one in found), Decimal(0))
    assert abs(value - factor * sum(one.value for one in trades)) < Decimal("0.01")
    store.close()


def fund_rows(container: Container) -> list[FundTransaction]:
    with container.database.read() as session:
        user = session.scalar(text("SELECT id FROM users"))
    return list(container.uploads.fund_transactions(user))


def agents_funds(schemes: list[MadeScheme], privacy: Privacy) -> Json:
    """An account statement as an agent sends it."""
    return rewritten_statement(read_pdf(account_statement(schemes), PAN), privacy, []).document()


def test_up_05_an_agents_account_statement_is_imported_once_and_scaled(
    agent: TestClient, signed_in: TestClient, container: Container, tmp_path: Path
) -> None:
    """On both databases; a second statement of the same folios adds what is new."""
    hide(signed_in)
    store = Store(tmp_path / "journal.db")
    privacy = Privacy(tmp_path / "factor", store, None)
    privacy.hear(is_obfuscated=True)
    schemes = invented_schemes(1)
    body = agents_funds(schemes, privacy)
    for imported in (24, 0):
        answer = agent.post("/api/uploads/from-agent", json=body)
        [file] = answer.json()["files"]
        assert (file["state"], file["imported"]) == ("done", imported), answer.text
    assert (file["kind"], file["broker"], file["scaled"]) == ("cas", "cams", True)
    factor = privacy.factor.factor
    store.close()
    found = fund_rows(container)
    assert sum(one.units for one in found) == factor * sum(one.units for one in schemes)
    assert {one.scheme for one in found} == {one.name for one in schemes}
    funds = signed_in.get("/api/wealth/summary").json()
    assert funds["scaled"] is True


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_05_a_clear_statement_counts_once_with_the_consoles(
    send, agent: TestClient, container: Container, tmp_path: Path
) -> None:
    schemes = invented_schemes(1)
    form = {"password": PAN}
    assert send(("cas.pdf", account_statement(schemes)), kind="cas", form=form).status_code == 200
    store = Store(tmp_path / "journal.db")
    body = agents_funds(schemes, Privacy(tmp_path / "factor", store, None))
    store.close()
    [file] = agent.post("/api/uploads/from-agent", json=body).json()["files"]
    assert (file["imported"], file["duplicates"]) == (0, 24)
    assert len(fund_rows(container)) == 24


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_05_a_table_of_funds_that_cannot_be_read_is_refused_whole(
    agent: TestClient, signed_in: TestClient
) -> None:
    hide(signed_in)
    head = "Registrar,Folio,ISIN,Scheme,Date,Transaction,Units,NAV,Amount"
    good = f"cams,{FIRST},INF000X01AA1,Example,2026-06-10,PURCHASE,1.37,10.0000,13.70"
    for content in (
        "%PDF-1.4", head, f"{head}\n{good.replace('1.37', 'x')}", f"{head}\n{good}\ncams,{FIRST}",
        "Symbol,Quantity\nINFY,1", f"{head}\n{good.replace('2026-06-10', 'soon')}",
    ):  # fmt: skip
        assert forward(agent, kind="funds", content=content).status_code == 400, content
    assert forward(agent, kind="tradebook", content=f"{head}\n{good}").status_code == 400
    [file] = forward(agent, kind="funds", content=f"{head}\n{good}").json()["files"]
    assert (file["state"], file["imported"]) == ("done", 1)

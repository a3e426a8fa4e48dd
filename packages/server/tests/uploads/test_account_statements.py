"""Consolidated account statements: read, checked, imported once; the password is kept nowhere."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fastapi.testclient import TestClient
from packages.server.tests.uploads.files.account_statements import (
    PAN,
    account_statement,
    invented_schemes,
)
from packages.server.tests.uploads.files.depository_statements import (
    Held,
    Statement,
    cdsl_statement,
    invented_statement,
    nsdl_statement,
    plain_pdf,
)
from sqlalchemy import text

from tradertape_server.container import Container


@pytest.mark.parametrize("registrar", ["CAMS", "KFINTECH"])
def test_up_03_a_statement_is_imported_once(send, container: Container, registrar: str) -> None:
    schemes = invented_schemes(1)
    content = account_statement(schemes, registrar=registrar)
    for imported in (24, 0):
        sent = send(("cas.pdf", content), kind="cas", form={"password": PAN})
        [file] = sent.json()["files"]
        assert (file["state"], file["imported"]) == ("done", imported), sent.text
        assert not any(one["is_off"] for one in file["checks"])
    stored = container.uploads.fund_transactions(1)
    assert len(stored) == 24
    assert sum(one.units for one in stored) == sum(one.units for one in schemes)
    assert sum(one.amount for one in stored) == sum(
        row.amount for one in schemes for row in one.rows
    )
    assert {one.kind for one in stored} == {"PURCHASE_SIP", "REDEMPTION"}


def test_up_03_a_statement_whose_totals_differ_is_held(send, container: Container) -> None:
    content = account_statement(invented_schemes(2), value_off_by=Decimal("1000.00"))
    form = {"password": PAN}
    [file] = send(("cas.pdf", content), kind="cas", form=form).json()["files"]
    assert file["state"] == "held"
    assert "the statement says" in file["detail"]
    assert Decimal(file["checks"][0]["difference"]) == Decimal("-1000.00")
    assert container.uploads.fund_transactions(1) == ()
    sent = send(("cas.pdf", content), kind="cas", form=form, accept_difference=True)
    assert sent.json()["files"][0]["state"] == "done"


def test_up_03_a_wrong_password_says_what_it_usually_is(send) -> None:
    content = account_statement(invented_schemes(1))
    refused = send(("cas.pdf", content), kind="cas", form={"password": "wrong"})
    assert refused.status_code == 400
    assert "usually your PAN" in refused.json()["detail"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_03_the_password_is_in_no_table_log_or_answer(
    send, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "QWERT9876Y"
    content = account_statement(invented_schemes(3), password=secret)
    sent = send(("cas.pdf", content), kind="cas", form={"password": secret})
    assert sent.json()["files"][0]["state"] == "done"
    assert secret not in sent.text
    with container.database.read() as session:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        for name in names:
            assert secret not in repr(session.execute(text(f"SELECT * FROM {name}")).all())  # noqa: S608
    assert secret not in "".join(capsys.readouterr())


DEPOSITORIES = {"nsdl": nsdl_statement, "cdsl": cdsl_statement}


@pytest.mark.parametrize("accounts", [1, 2, 9])
@pytest.mark.parametrize("issuer", DEPOSITORIES)
def test_up_03_a_depositorys_statement_lists_what_each_account_holds(
    send, signed_in: TestClient, container: Container, issuer: str, accounts: int
) -> None:
    made = invented_statement(7, accounts=accounts, with_bonds=issuer == "nsdl")
    content = DEPOSITORIES[issuer](made)
    form = {"password": PAN}
    [shown] = send(("cas.pdf", content), kind="cas", form=form, dry_run=True).json()["files"]
    assert (shown["state"], shown["id"], shown["layout"]) == ("preview", None, f"cas_{issuer}")
    assert not any(one["is_off"] for one in shown["checks"])
    assert Decimal(shown["checks"][-1]["parsed"]) == made.value
    listed = sorted(
        (one["kind"], one["isin"], Decimal(one["units"]), Decimal(one["value"]))
        for one in shown["holdings"]
    )
    assert listed == sorted(
        (kind, one.isin, one.quantity, one.value) for kind, one in _all_held(made)
    )
    assert signed_in.get("/api/uploads").json() == []
    [file] = send(("cas.pdf", content), kind="cas", form=form).json()["files"]
    assert (file["state"], file["imported"], file["holdings"]) == ("done", 0, shown["holdings"])
    assert file["period"] == {"from": "2025-03-01", "to": "2025-03-31"}
    assert container.uploads.fund_transactions(1) == ()
    assert signed_in.delete(f"/api/uploads/{file['id']}").status_code == 204
    assert signed_in.get("/api/uploads").json() == []


def _all_held(made: Statement) -> list[tuple[str, Held]]:
    found = [("fund", one) for one in made.folios]
    for account in made.accounts:
        found += [("share", one) for one in account.shares]
        found += [("fund", one) for one in account.funds]
        found += [("bond", one) for one in account.bonds]
    return found


@pytest.mark.parametrize("wrong", [{"value_off_by": Decimal(100)}, {"hidden_accounts": 1}])
@pytest.mark.parametrize("issuer", DEPOSITORIES)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_03_a_depositorys_statement_with_a_missing_account_or_value_is_held(
    send, signed_in: TestClient, issuer: str, wrong: dict
) -> None:
    """An account that the list leaves out is seen by the grand total alone."""
    content = DEPOSITORIES[issuer](invented_statement(8, accounts=3), **wrong)
    form = {"password": PAN}
    [file] = send(("cas.pdf", content), kind="cas", form=form).json()["files"]
    assert file["state"] == "held"
    assert "the statement says" in file["detail"]
    assert signed_in.get("/api/uploads").json() == []
    sent = send(("cas.pdf", content), kind="cas", form=form, accept_difference=True)
    assert sent.json()["files"][0]["state"] == "done"


@pytest.mark.parametrize("issuer", DEPOSITORIES)
@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_up_03_a_depositorys_statement_needs_its_password(send, issuer: str) -> None:
    content = DEPOSITORIES[issuer](invented_statement(9))
    refused = send(("cas.pdf", content), kind="cas", form={"password": "ABCDE1234G"})
    assert refused.status_code == 400
    assert "usually your PAN" in refused.json()["detail"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["Statement of a bank"], "not a readable account statement"),
        (["NSDL Consolidated Account Statement"], "not a readable account statement"),
        (["Central Depository Services (India) Limited", "", "CAS ID: 1", "A", "B"], "No account"),
    ],
)  # fmt: skip
def test_up_03_a_pdf_that_is_no_known_statement_names_what_can_be_read(
    send, lines: list[str], reason: str
) -> None:
    refused = send(("cas.pdf", plain_pdf(lines)), kind="cas", form={"password": ""})
    assert refused.status_code == 400
    detail = refused.json()["detail"]
    assert reason in detail
    assert all(name in detail for name in ("CAMS", "KFintech", "NSDL", "CDSL")), detail

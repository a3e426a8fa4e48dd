"""Consolidated account statements: read, checked, imported once; the password is kept nowhere."""

from __future__ import annotations

from decimal import Decimal

import pytest
from packages.server.tests.uploads.files.account_statements import (
    PAN,
    account_statement,
    invented_schemes,
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

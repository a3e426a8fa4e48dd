"""Statements of mutual funds (PDF): read here, checked, scaled, and sent without a name: UP-05."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("casparser", reason="the extra `cas` is not installed")
pytest.importorskip("fpdf")

from packages.server.tests.uploads.files.account_statements import (
    PAN,
    MadeScheme,
    account_statement,
    invented_schemes,
)
from packages.server.tests.uploads.files.depository_statements import (
    invented_statement,
    nsdl_statement,
    plain_pdf,
)

from tradertape_agent.addresses import UPLOADS
from tradertape_agent.errors import AgentError
from tradertape_agent.journal.store import Store
from tradertape_agent.privacy import account_statements
from tradertape_agent.privacy.account_statements import NO_LIBRARY, read_pdf, rewritten_statement
from tradertape_agent.privacy.modes import Privacy
from tradertape_agent.privacy.statements import Kind, Rewritten
from tradertape_agent.privacy.verifier import Verifier, Withheld


@pytest.fixture
def privacy(tmp_path: Path) -> Iterator[Privacy]:
    store = Store(tmp_path / "agent.db")
    made = Privacy(tmp_path / "agent.key", store, None)
    made.hear(is_obfuscated=True)
    yield made
    store.close()


def rewrite(schemes: list[MadeScheme], privacy: Privacy, registrar: str = "CAMS") -> Rewritten:
    content = account_statement(schemes, registrar=registrar)
    return rewritten_statement(read_pdf(content, PAN), privacy, [])


def rows(made: Rewritten) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.document()["content"])))


@pytest.mark.parametrize("registrar", ["CAMS", "KFINTECH"])
def test_up_05_units_and_amounts_are_scaled_and_nobody_is_named(
    privacy: Privacy, registrar: str
) -> None:
    schemes = invented_schemes(1)
    made = rewrite(schemes, privacy, registrar)
    found, factor = rows(made), privacy.factor.factor
    real = [one for scheme in schemes for one in scheme.rows]
    assert (made.kind, len(found)) == (Kind.FUNDS, len(real))
    assert sum(Decimal(one["Units"]) for one in found) == factor * sum(one.units for one in real)
    assert sum(Decimal(one["Amount"]) for one in found) == factor * sum(one.amount for one in real)
    assert [Decimal(one["NAV"]) for one in found] == [one.price for one in real]
    assert {one["Scheme"] for one in found} == {one.name for one in schemes}
    folios = {one["Folio"] for one in found}
    assert len(folios) == len(schemes)
    assert all(len(one) == 16 for one in folios)
    assert folios == {one["Folio"] for one in rows(rewrite(schemes, privacy, registrar))}
    whole = json.dumps(made.document())
    for secret in (PAN, *(one.folio for one in schemes), *(one.folio[:8] for one in schemes)):
        assert secret not in whole


def test_up_05_the_verifier_lets_it_leave_scaled_and_not_as_it_is(privacy: Privacy) -> None:
    check = Verifier(privacy, secrets=list, tokens=list, ids=list)
    made = rewrite(invented_schemes(2), privacy)
    document = made.document()
    check(UPLOADS, json.dumps(document).encode())
    for name, real in (("Units", "12.345"), ("Amount", "5000.00"), ("Folio", "12345678 / 0")):
        first = {**rows(made)[0], name: real}
        text = io.StringIO()
        writer = csv.DictWriter(text, list(first))
        writer.writeheader()
        writer.writerow(first)
        body = json.dumps({**document, "content": text.getvalue()}).encode()
        with pytest.raises(Withheld, match=f"{name} is not scaled"):
            check(UPLOADS, body)


def test_up_05_a_statement_that_names_its_owner_in_a_kept_column_is_withheld(
    privacy: Privacy,
) -> None:
    read = read_pdf(account_statement(invented_schemes(3)), PAN)
    assert PAN in read.secrets
    table = [list(row) for row in read.table]
    table[1][3] = f"Example Fund of {read.secrets[-1]}"
    named = account_statements.ReadStatement(table, (), (), read.secrets)
    with pytest.raises(Withheld):
        rewritten_statement(named, privacy, [])


def test_up_05_totals_are_checked_before_anything_is_sent() -> None:
    assert read_pdf(account_statement(invented_schemes(2)), PAN).differences == []
    off = account_statement(invented_schemes(2), value_off_by=Decimal("1000.00"))
    [difference] = read_pdf(off, PAN).differences
    assert difference.name == "Value of all schemes"
    assert Decimal(difference.parsed) - Decimal(difference.stated) == Decimal("-1000.00")


def test_up_05_what_cannot_be_read_says_what_to_do() -> None:
    content = account_statement(invented_schemes(1))
    with pytest.raises(AgentError, match="usually your PAN") as error:
        read_pdf(content, "swordfish")
    assert "swordfish" not in str(error.value)
    for wrong, words in (
        (plain_pdf("A letter."), "no account statement"),
        (content[: len(content) // 2], "no account statement|usually your PAN"),
        (b"%PDF-1.4 nonsense", "no account statement"),
    ):
        with pytest.raises(AgentError, match=words):
            read_pdf(wrong, PAN)


def test_up_05_a_depositorys_statement_has_nothing_to_send() -> None:
    content = nsdl_statement(invented_statement(1))
    with pytest.raises(AgentError, match="holdings, not transactions"):
        read_pdf(content, PAN)


def test_up_05_a_bare_agent_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_statements, "find_spec", lambda _name: None)
    with pytest.raises(AgentError) as error:
        read_pdf(account_statement(invented_schemes(1)), PAN)
    assert str(error.value) == NO_LIBRARY
    assert "tradertape-agent[cas]" in NO_LIBRARY


def test_up_05_one_statement_is_read_at_a_time() -> None:
    content = account_statement(invented_schemes(1))
    with account_statements._reading, pytest.raises(AgentError, match="another statement"):
        read_pdf(content, PAN)
    assert read_pdf(content, PAN).table


def test_up_05_the_password_reaches_the_reading_process_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its command line, nor its environment, nor a log has it."""
    real, asked = account_statements.subprocess.run, []

    def run(*arguments: object, **more: object) -> object:
        asked.append((arguments, {name: more[name] for name in more if name != "input"}))
        return real(*arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(account_statements.subprocess, "run", run)
    assert read_pdf(account_statement(invented_schemes(1)), PAN).table
    assert len(asked) == 1
    assert PAN not in str(asked) + caplog.text

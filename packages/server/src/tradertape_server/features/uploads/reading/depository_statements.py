"""Statements of the depositories NSDL and CDSL: what each demat account and folio holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from casparser.types import DematAccount, NSDLCASData

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.wealth.statements.layouts import Kind
from tradertape_core.wealth.statements.reading import Statement, TotalCheck
from tradertape_core.wealth.statements.values import date_of
from tradertape_server.features.uploads.reading.wire import Holding

READABLE = (
    "What can be read are consolidated account statements (CAS) as PDF: detailed or summary ones "
    "of CAMS and KFintech, and those of the depositories NSDL and CDSL."
)
_NIL = Decimal(0)
_RUPEE = Decimal(1)
_TOTAL = re.compile(r"grand\s+total[^\d]{0,40}([\d,]+\.\d{2})", re.IGNORECASE)


def depository_statement(
    data: NSDLCASData, first_pages: str
) -> tuple[Statement, list[Holding]]:  # fmt: skip
    """The holdings of a statement, with the value of each account and of all checked.

    first_pages: the text of the cover and of the list of accounts, where the grand total is: an
    account that was not recognised is missed by that alone. Raises InvalidInput without accounts.
    """
    issuer = str(data.file_type)
    if not data.accounts:
        raise InvalidInput(
            f"No account of this {issuer} statement can be read: its layout is not known. "
            f"{READABLE}"
        )
    holdings: list[Holding] = []
    checks: list[TotalCheck] = []
    for account in data.accounts:
        found = [*_held(account)]
        value = sum((Decimal(one.value) for one in found), _NIL)
        checks.append(
            TotalCheck(f"Value of {_named(account)}"[:200], account.balance, value, _RUPEE)
        )
        holdings += found
    if data.nps is not None:
        holdings += _pensions(data)
        value = sum((one.value for one in data.nps.schemes), _NIL)
        checks.append(TotalCheck("Value of the pension account", data.nps.value, value, _RUPEE))
    checks += _whole(checks, first_pages)
    period = data.statement_period
    return (
        Statement(
            Kind.FUNDS, f"cas_{issuer.lower()}", issuer.lower(),
            first=_day(period.from_), last=_day(period.to), rows=len(holdings),
            checks=tuple(checks), warnings=(_NO_TRANSACTIONS, *_of_parser(data.parse_warnings)),
        ),
        holdings,
    )  # fmt: skip


_NO_TRANSACTIONS = (
    "A statement of a depository lists holdings, not transactions: nothing is added to your "
    "trades or transactions. Shares come from your tradebooks; for funds, ask CAMS or KFintech "
    "for a detailed statement."
)


def _held(account: DematAccount) -> Iterator[Holding]:
    name = _named(account)[:120]
    for one in account.equities:
        yield _holding(name, "share", one.isin, one.name, one.num_shares, one.price, one.value)
    for one in account.mutual_funds:
        named = f"{one.name or ''}, folio {one.folio}" if one.folio else one.name
        yield _holding(name, "fund", one.isin, named, one.balance, one.nav, one.value)
    for one in account.bonds:
        price = one.market_price or one.face_value or _NIL
        yield _holding(name, "bond", one.isin, one.name, one.num_bonds, price, one.value)


def _pensions(data: NSDLCASData) -> Iterator[Holding]:
    assert data.nps is not None  # noqa: S101 - the caller asked
    for one in data.nps.schemes:
        yield _holding(
            "National Pension System", "pension", "", one.scheme, one.units, one.nav, one.value
        )


def _holding(
    account: str, kind: str, isin: str, name: str | None, units: Decimal, price: Decimal,
    value: Decimal,
) -> Holding:  # fmt: skip
    return Holding(
        account, isin[:12], (name or "")[:200], f"{units:f}", f"{price:f}", f"{value:f}", kind
    )


def _whole(checks: Sequence[TotalCheck], first_pages: str) -> list[TotalCheck]:
    """The grand total against the accounts; nothing if the statement prints none."""
    stated = [Decimal(one.replace(",", "")) for one in _TOTAL.findall(first_pages)]
    parsed = sum((one.parsed for one in checks), _NIL)
    if not stated:
        return []
    # Some layouts print the totals of the months before beside it.
    nearest = min(stated, key=lambda one: abs(one - parsed))
    return [TotalCheck("Value of all accounts", nearest, parsed, _RUPEE * len(checks))]


def _named(account: DematAccount) -> str:
    return " ".join(part for part in (account.name, account.dp_id, account.client_id) if part)


def _of_parser(warnings: Sequence[str]) -> Iterator[str]:
    yield from (f"The statement and its rows: {one}"[:400] for one in warnings)


def _day(text: str) -> date | None:
    try:
        return date_of(text)
    except ValueError:
        return None

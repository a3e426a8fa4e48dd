"""Statements of CAMS and KFintech as a PDF library has parsed them: transactions, totals checked.

What is read of the library's objects (`CASData` of casparser 1.4) is duck-typed: core imports none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from tradertape_core.wealth.records import FundTransaction
from tradertape_core.wealth.statements.layouts import Kind
from tradertape_core.wealth.statements.reading import Statement, TotalCheck
from tradertape_core.wealth.statements.values import date_of

_NIL = Decimal(0)
_PAISA = Decimal("0.01")
_UNITS = Decimal("0.005")  # statements print three decimals


def registrar_statement(data: Any) -> Statement:
    """The transactions of a statement; closing units and the value of all schemes are checked."""
    funds: list[FundTransaction] = []
    checks: list[TotalCheck] = []
    warnings = [f"The statement and its rows: {one}"[:400] for one in data.parse_warnings]
    stated = parsed = _NIL
    for folio in data.folios:
        for scheme in folio.schemes:
            rows = [*_transactions(folio.folio, scheme)]
            funds += rows
            units = scheme.open + sum((row.units for row in rows), _NIL)
            if abs(units - scheme.close) > _UNITS:
                name = f"Closing units of {scheme.scheme}, folio {folio.folio}"[:200]
                checks.append(TotalCheck(name, scheme.close, units, _UNITS))
            if scheme.open:
                warnings.append(
                    f"{scheme.scheme}, folio {folio.folio}, opens with {scheme.open} units: "
                    "transactions before the statement's first day are missing."
                )
            stated += scheme.valuation.value
            parsed += (units * scheme.valuation.nav).quantize(_PAISA)
    schemes = sum(len(folio.schemes) for folio in data.folios)
    checks.insert(0, TotalCheck("Value of all schemes", stated, parsed, _PAISA * max(1, schemes)))
    if not funds:
        warnings.append("The statement lists no transactions: ask for a detailed one.")
    days = [one.happened_on for one in funds]
    period = data.statement_period
    return Statement(
        Kind.FUNDS, f"cas_{_name(data.file_type)}_{_name(data.cas_type)}", _name(data.file_type),
        first=_day(period.from_) or min(days, default=None),
        last=_day(period.to) or max(days, default=None),
        rows=len(funds), funds=tuple(funds), checks=tuple(checks), warnings=tuple(warnings),
    )  # fmt: skip


def _transactions(folio: str, scheme: Any) -> Iterable[FundTransaction]:
    for one in scheme.transactions:
        if one.amount is None and one.units is None:
            continue  # a nomination or a change of address
        yield FundTransaction(
            folio=folio[:60],
            isin=scheme.isin or "",
            scheme=scheme.scheme[:200],
            happened_on=one.date if isinstance(one.date, date) else date_of(one.date),
            kind=one.type.value,
            units=one.units or _NIL,
            nav=one.nav or _NIL,
            amount=one.amount or _NIL,
        )


def _name(value: object) -> str:
    return str(getattr(value, "value", value)).lower()


def _day(text: str) -> date | None:
    try:
        return date_of(text)
    except ValueError:
        return None

"""What is shown of an upload: of a statement that was just read, and of a stored row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from tradertape_server.features.uploads import schemas
from tradertape_server.features.uploads.models import Upload
from tradertape_server.features.uploads.reading.wire import Answer

SHOWN_ERRORS = 500
SHOWN_HOLDINGS = 1000
_NIL = Decimal(0)
_PAISA = Decimal("0.01")
# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def report_of(answer: Answer) -> dict[str, Any]:
    """What is kept of a file's reading: checks, warnings, row errors, totals, holdings, columns."""
    statement = answer.statement
    if statement is None:
        return {"columns": answer.columns, "code": answer.code}
    return {
        "checks": [
            {
                "name": one.name, "stated": str(one.stated), "parsed": str(one.parsed),
                "difference": str(one.difference), "is_off": one.is_off,
            }
            for one in statement.checks
        ],
        "warnings": list(statement.warnings),
        "errors": [[one.row, one.column, one.reason] for one in statement.errors],
        "skipped": statement.skipped,
        "totals": totals(answer).model_dump(mode="json"),
        "holdings": [
            {
                "account": one.account, "kind": one.kind, "isin": one.isin, "scheme": one.scheme,
                "units": one.units, "nav": one.nav, "value": one.value,
            }
            for one in answer.holdings[:SHOWN_HOLDINGS]
        ],
    }  # fmt: skip


def totals(answer: Answer) -> schemas.Totals:
    """Purchases and sales of a tradebook; credits and debits of a ledger; of funds what was paid
    in and taken out."""
    return schemas.Totals(
        rows=answer.rows,
        buy_value=answer.into.quantize(_PAISA),
        sell_value=answer.out.quantize(_PAISA),
    )


def summed(files: Iterable[schemas.FileOut]) -> schemas.Totals:
    """The totals of several files."""
    parts = [one.totals for one in files if one.state not in ("rejected", "failed")]
    return schemas.Totals(
        rows=sum(one.rows for one in parts),
        buy_value=sum((one.buy_value for one in parts), _NIL),
        sell_value=sum((one.sell_value for one in parts), _NIL),
    )


def file_out(upload: Upload) -> schemas.FileOut:
    """A file as the API shows it. upload: stored, or of a dry run, without an id."""
    report = upload.report
    errors: Sequence[Sequence[Any]] = report.get("errors", ())
    return schemas.FileOut(
        id=upload.id,
        name=upload.name,
        sha256=upload.sha256,
        kind=upload.kind,
        state=cast("schemas.State", upload.state),
        layout=upload.layout,
        broker=upload.broker,
        account=upload.account,
        segment=upload.segment,
        period=schemas.Period(from_=upload.first_on, to=upload.last_on),
        rows=upload.rows,
        imported=upload.imported,
        duplicates=upload.duplicates,
        skipped=report.get("skipped", 0),
        rejected_rows=upload.rejected,
        rejected=[
            schemas.RejectedRow(row=row, column=column, reason=reason)
            for row, column, reason in errors[:SHOWN_ERRORS]
        ],
        stored=upload.stored,
        to_store=upload.to_store,
        totals=schemas.Totals.model_validate(report.get("totals", {})),
        checks=[schemas.Check.model_validate(one) for one in report.get("checks", ())],
        warnings=report.get("warnings", []),
        holdings=[schemas.FundHolding.model_validate(one) for one in report.get("holdings", ())],
        columns=report.get("columns", []),
        code=report.get("code", ""),
        detail=upload.detail,
        created_at=upload.created_at if upload.id else None,
        scaled=bool(upload.is_scaled),
        factor_id=upload.factor_id,
    )


def errors_csv(report: Mapping[str, Any]) -> str:
    """The rows that cannot be read, as a CSV file that a spreadsheet opens without running it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Row", "Column", "Reason"])
    for row, column, reason in report.get("errors", ()):
        writer.writerow([row, safe_cell(column), safe_cell(reason)])
    return out.getvalue()


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe before it if need be."""
    return f"'{text}" if text.startswith(_FORMULA) else text

"""One file of candles: read, reduced to one basis, checked, and ready to be merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.calendar import Calendar
from tradertape_core.market.universe import current_symbol
from tradertape_core.market.universe_changes import Rename
from tradertape_core.market.universe_facts import FACTS
from tradertape_server.features.market.data_sets.candles import (
    FIELDS,
    CandleRows,
    Floats,
    rows_from,
    sorted_order,
)
from tradertape_server.features.market.data_sets.reference_rows import Dividend
from tradertape_server.features.market.data_sets.universes import plain_symbol
from tradertape_server.features.market.importing import basis as bases
from tradertape_server.features.market.importing import checks
from tradertape_server.features.market.importing.dividends import implied_dividends
from tradertape_server.features.market.importing.parsing import layouts
from tradertape_server.features.market.importing.parsing.file_tables import (
    Parsed,
    parse_candles,
    parse_json,
    read_table,
)
from tradertape_server.features.market.importing.parsing.input_files import InputFile
from tradertape_server.features.market.importing.parsing.symbols import (
    KnownSymbols,
    by_isin,
    renamed,
)
from tradertape_server.features.market.importing.report import FileReport, Reject, counted
from tradertape_server.features.market.importing.request import ImportRequest

LEAST_REJECTS_ALLOWED = 10
_EXCHANGE_WIDE = {layouts.BHAVCOPY, layouts.UDIFF}


@dataclass(frozen=True, slots=True)
class ImportContext:
    """What an import uses besides the file itself."""

    calendar: Calendar
    today: date
    renames: Sequence[Rename]
    known: KnownSymbols | None


@dataclass(frozen=True, slots=True)
class CandleFile:
    """The valid candles of a file. basis: as the file states it, "" if it does not."""

    rows: CandleRows
    adj_close: Floats | None
    basis: str
    rejects: tuple[Reject, ...]

    def dividends(self) -> list[Dividend]:
        """The dividends implied by its adjusted close; none without such a column."""
        return [] if self.adj_close is None else implied_dividends(self.rows, self.adj_close)


def read_candle_file(
    source: InputFile,
    request: ImportRequest,
    context: ImportContext,
    report: FileReport,
    *,
    of_indices: bool,
) -> CandleFile:
    """Read and check one file; updates the counts in `report`. Raises InvalidInput to refuse it."""
    parsed = _parse(source, request, of_indices=of_indices)
    report.layout = parsed.layout
    asked = request.basis if "basis" in parsed.texts else ""
    parsed, basis, other_basis = bases.on_one_basis(parsed, asked)
    parsed, other_series = _of_series(parsed, request.series)
    report.filtered = other_basis + other_series
    parsed = _without_zeros(parsed) if of_indices else _named(parsed, context, report)
    symbols = context.known.symbols if context.known and not of_indices else None
    rules = checks.Rules(context.calendar, context.today, symbols, close_only=of_indices)
    reasons = checks.reasons(parsed, rules)
    good = reasons == ""
    rejects = _rejects(parsed, reasons)
    _check_reject_limit(len(rejects), len(parsed) + len(parsed.broken), request, report, rejects)
    rows, adj_close = _candles(parsed.take(good), close_only=of_indices)
    report.rows = len(rows)
    report.zero_volume = 0 if of_indices else int(np.count_nonzero(rows.values["volume"] == 0))
    return CandleFile(rows, adj_close, basis, rejects)


def _parse(source: InputFile, request: ImportRequest, *, of_indices: bool) -> Parsed:
    if source.suffix == ".json":
        return parse_json(source, symbol=_symbol_of(source, request))
    symbol = "" if of_indices else _symbol_of(source, request)
    table = read_table(source)
    return parse_candles(table, given=request.columns, symbol=symbol, of_indices=of_indices)


def _symbol_of(source: InputFile, request: ImportRequest) -> str:
    """The symbol of a file without one: as requested, or by a name like INFY.csv, NSE_INFY.json."""
    if request.symbol:
        return plain_symbol(request.symbol)
    name = plain_symbol(source.stem.upper().removeprefix("NSE_").removesuffix("_NS"))
    return name if request.symbol_from_name or current_symbol(name) in FACTS else ""


def _of_series(parsed: Parsed, wanted: Sequence[str]) -> tuple[Parsed, int]:
    series = parsed.texts.get("series")
    if series is None:
        return parsed, 0
    kept = np.isin(series.astype(str), list(wanted))
    return parsed.take(kept), int((~kept).sum())


def _without_zeros(parsed: Parsed) -> Parsed:
    """Replace zeros by NaN: index files have 0 for a missing open, high or low."""
    values = dict(parsed.values)
    for name in set(FIELDS[:3]) & values.keys():
        values[name] = np.where(values[name] == 0, np.nan, values[name])
    return replace(parsed, values=values)


def _named(parsed: Parsed, context: ImportContext, report: FileReport) -> Parsed:
    if context.known is not None:
        parsed = by_isin(parsed, context.known)
        if (
            parsed.layout in _EXCHANGE_WIDE
        ):  # of these the list selects rows; the others are not errors
            kept = np.isin(parsed.symbol.astype(str), list(context.known.symbols))
            report.filtered += int((~kept).sum())
            parsed = parsed.take(kept)
    parsed, report.renamed, doubles = renamed(parsed, context.renames)
    report.filtered += doubles
    return parsed


def _rejects(parsed: Parsed, reasons: np.ndarray) -> tuple[Reject, ...]:
    bad = np.flatnonzero(reasons != "").tolist()
    found = [
        Reject(int(parsed.line[i]), str(parsed.symbol[i]), str(parsed.day[i]), str(reasons[i]))
        for i in bad
    ]
    found += [Reject(line, "", "", reason) for line, reason in parsed.broken]
    return tuple(sorted(found, key=lambda reject: reject.line))


def _check_reject_limit(
    bad: int, rows: int, request: ImportRequest, report: FileReport, rejects: Sequence[Reject]
) -> None:
    report.rejected, report.reasons = bad, counted(rejects)
    allowed = max(LEAST_REJECTS_ALLOWED, rows * request.max_rejects_pct / 100)
    if bad > allowed or (rows and bad == rows):
        commonest = ", ".join(f"{reason} ({count:,})" for reason, count in report.reasons.items())
        raise TooManyRejects(
            f"{bad:,} of {rows:,} rows are invalid, more than --max-rejects-pct allows: "
            f"{commonest}",
            tuple(rejects),
        )


class TooManyRejects(InvalidInput):
    """A file has too many invalid rows and is refused; `rejects` are those rows."""

    def __init__(self, message: str, rejects: tuple[Reject, ...]) -> None:
        super().__init__(message)
        self.rejects = rejects


def _candles(parsed: Parsed, *, close_only: bool) -> tuple[CandleRows, Floats | None]:
    empty = np.full(len(parsed), np.nan)
    values = {name: parsed.values.get(name, empty) for name in FIELDS}
    if close_only or "volume" not in parsed.values:
        values["volume"] = np.nan_to_num(values["volume"])
    rows = rows_from(parsed.symbol, parsed.day, checks.repaired(values))
    order = sorted_order(rows)
    adjusted = parsed.values.get("adj_close")
    return rows.take(order), None if adjusted is None else adjusted[order]

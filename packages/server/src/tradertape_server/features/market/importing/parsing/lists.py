"""Parsing of universe membership lists and instrument lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.reference_rows import (
    InstrumentRow,
    PriceBand,
    Spell,
    spells_from_lists,
)
from tradertape_server.features.market.data_sets.universes import plain_symbol, universe_name
from tradertape_server.features.market.importing.parsing.column_names import BAND_NAMES, plain
from tradertape_server.features.market.importing.parsing.file_tables import Table
from tradertape_server.features.market.importing.parsing.values import as_days, as_texts

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9&-]{0,19}")
_NUMBER_ONLY = re.compile(r"\d+")
NO_SYMBOL, NO_DATE, BAD_BAND = "no symbol", "date cannot be read", "band is no percentage"
_NO_BAND = frozenset({"no band", "noband", "nb", "none"})
_BAND = re.compile(r"\d+(\.\d+)?")
_WIDEST_PCT = 100.0


def parse_membership(
    table: Table, *, universe: str, valid_from: date | None
) -> tuple[list[Spell], list[tuple[int, str, str]]]:
    """Read complete membership lists, each valid from its date until the next one in the file.

    A file without a date column is one list, valid from `valid_from` on. Returns the spells and
    the rejected rows (line, symbol, reason). Raises InvalidInput.
    """
    headers = {plain(header): header for header in table.headers}
    if "symbol" not in headers:
        raise InvalidInput("a membership file needs the column symbol")
    name = universe_name(universe)
    if not name:
        raise InvalidInput("name the universe: --universe nifty_50", pointer="/universe")
    symbols = as_texts(table.cells[headers["symbol"]], plain_symbol)
    dated = next((headers[k] for k in ("validfrom", "effectivedate", "date") if k in headers), None)
    if dated is None and valid_from is None:
        raise InvalidInput(
            "the list has no dates: state its first day of validity, --valid-from 2026-03-30",
            pointer="/valid_from",
        )
    days = as_days(table.cells[dated])[0] if dated else np.full(len(table.line), valid_from)
    lists: list[tuple[date, str]] = []
    rejects: list[tuple[int, str, str]] = []
    for line, day, symbol in zip(
        table.line.tolist(), days.astype(object), symbols.tolist(), strict=True
    ):
        reason = _reject_reason(day, symbol)
        if reason:
            rejects.append((line, symbol, reason))
        else:
            lists.append((day, symbol))
    if not lists:
        raise InvalidInput("the file has no members")
    return spells_from_lists(name, lists), rejects


def parse_instruments(table: Table) -> tuple[list[InstrumentRow], list[tuple[int, str, str]]]:
    """Read an instrument list such as NSE's index lists: symbol, company name, ISIN, industry.

    Returns the rows and the rejected ones (line, symbol, reason). Raises InvalidInput.
    """
    headers = {plain(header): header for header in table.headers}
    if "symbol" not in headers:
        raise InvalidInput("an instruments file needs the column symbol")

    def column(*names: str):
        header = next((headers[name] for name in names if name in headers), None)
        return as_texts(table.cells[header]) if header else [""] * len(table.line)

    symbols = as_texts(table.cells[headers["symbol"]], plain_symbol)
    rows: dict[str, InstrumentRow] = {}
    rejects: list[tuple[int, str, str]] = []
    for line, symbol, name, isin, sector in zip(
        table.line.tolist(),
        symbols.tolist(),
        column("companyname", "company", "name"),
        column("isincode", "isin"),
        column("industry", "sector", "primarysector"),
        strict=True,
    ):
        if _reject_reason(date.min, symbol):
            rejects.append((line, symbol, NO_SYMBOL))
        else:
            rows[symbol] = InstrumentRow(symbol, name, isin, sector)
    return list(rows.values()), rejects


def parse_bands(
    table: Table, *, valid_from: date | None, series: Sequence[str]
) -> tuple[list[PriceBand], list[tuple[int, str, str]]]:
    """Read price bands in percent: symbol, band and the first day they are valid on.

    NSE's list of securities has the column Band, its list of changes From and To; both state no
    day, which is then `valid_from`. "No Band" is 0. series: the NSE series that are read, where
    the file has them. Returns the bands and the rejected rows. Raises InvalidInput.
    """
    headers = {plain(header): header for header in table.headers}
    band = next((headers[name] for name in BAND_NAMES if name in headers), None)
    if "symbol" not in headers or band is None:
        raise InvalidInput("a file of price bands needs the columns symbol and band")
    dated = next((headers[k] for k in ("date", "validfrom", "effectivedate") if k in headers), None)
    if dated is None and valid_from is None:
        raise InvalidInput(
            "the list has no dates: state its day, --valid-from 2026-03-30", pointer="/valid_from"
        )
    count = len(table.line)
    days = as_days(table.cells[dated])[0] if dated else np.full(count, valid_from)
    kinds = as_texts(table.cells[headers["series"]]) if "series" in headers else [""] * count
    found: dict[tuple[str, date], PriceBand] = {}
    rejects: list[tuple[int, str, str]] = []
    for line, day, symbol, kind, text in zip(
        table.line.tolist(),
        days.astype(object),
        as_texts(table.cells[headers["symbol"]], plain_symbol).tolist(),
        kinds,
        as_texts(table.cells[band].cast("string")).tolist(),
        strict=True,
    ):
        if kind and kind.upper() not in series:
            continue
        percent = _percent(text)
        reason = _reject_reason(day, symbol) or (BAD_BAND if percent is None else "")
        if percent is None or reason:
            rejects.append((line, symbol, reason))
        else:
            found[symbol, day] = PriceBand(symbol, day, percent)
    return list(found.values()), rejects


def _percent(text: str) -> float | None:
    """Parse "5", "5.00", "5 %" or "No Band"; None for what is no band."""
    plain_text = text.strip().lower().removesuffix("%").strip()
    if plain_text in _NO_BAND:
        return 0.0
    if not _BAND.fullmatch(plain_text):
        return None
    percent = float(plain_text)
    return percent if percent < _WIDEST_PCT else None


def _reject_reason(day: date | None, symbol: str) -> str:
    if day is None:
        return NO_DATE
    # Lists scraped from web pages contain stray numbers; no exchange symbol is a number.
    is_symbol = _SYMBOL.fullmatch(symbol) and not _NUMBER_ONLY.fullmatch(symbol)
    return "" if is_symbol else NO_SYMBOL

"""Symbols of imported rows: symbol changes, ISINs, and the list of valid symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.universe_changes import RENAMES, Rename
from tradertape_server.features.market.data_sets.universes import plain_symbol
from tradertape_server.features.market.importing.parsing.column_names import plain
from tradertape_server.features.market.importing.parsing.file_tables import Parsed, read_table
from tradertape_server.features.market.importing.parsing.input_files import open_input_file
from tradertape_server.features.market.importing.parsing.lists import parse_instruments
from tradertape_server.features.market.importing.parsing.values import as_texts, day_and_time


@dataclass(frozen=True, slots=True)
class KnownSymbols:
    """The valid symbols, and the symbol of each ISIN."""

    symbols: frozenset[str]
    by_isin: Mapping[str, str]


def read_known_symbols(path: Path) -> KnownSymbols:
    """Read a list of valid symbols, such as NSE's index lists or an instrument dump."""
    rows, _ = parse_instruments(read_table(open_input_file(path)))
    by_isin = {row.isin: row.symbol for row in rows if row.isin}
    return KnownSymbols(frozenset(row.symbol for row in rows), by_isin)


def read_renames(path: Path | None) -> tuple[Rename, ...]:
    """The known symbol changes, then those of a file: old_symbol, new_symbol, effective_date."""
    if path is None:
        return RENAMES
    table = read_table(open_input_file(path))
    headers = {plain(header): header for header in table.headers}
    if not {"oldsymbol", "newsymbol"} <= headers.keys():
        raise InvalidInput("a file of symbol changes needs the columns old_symbol, new_symbol")
    old = as_texts(table.cells[headers["oldsymbol"]], plain_symbol)
    new = as_texts(table.cells[headers["newsymbol"]], plain_symbol)
    when: Sequence[str] = [""] * len(old)
    if "effectivedate" in headers:
        when = as_texts(table.cells[headers["effectivedate"]]).tolist()
    given = [Rename(o, n, day_and_time(w)[0]) for o, n, w in zip(old, new, when, strict=True)]
    named = {rename.old for rename in given}
    return (*(rename for rename in RENAMES if rename.old not in named), *given)


def by_isin(parsed: Parsed, known: KnownSymbols) -> Parsed:
    """Replace the symbols of rows by those of their ISINs, where these are listed."""
    isin = parsed.texts.get("isin")
    if isin is None or not known.by_isin:
        return parsed
    symbols = [known.by_isin.get(i, s) for i, s in zip(isin, parsed.symbol, strict=True)]
    return _with_symbols(parsed, np.array(symbols, dtype=object))


def renamed(parsed: Parsed, renames: Sequence[Rename]) -> tuple[Parsed, dict[str, str], int]:
    """Rename rows before a symbol change to the new symbol, so that the history is continuous.

    Returns the rows, the symbols changed, and the number of rows dropped because the file has the
    same day under the new symbol too.
    """
    symbol = parsed.symbol.copy()
    present = set(symbol.tolist())
    done: dict[str, str] = {}
    dropped = np.zeros(len(parsed), np.bool_)
    for rename in renames:
        if rename.old not in present:
            continue
        rows = (symbol == rename.old) & _before(parsed, rename.effective)
        if not rows.any():
            continue
        taken = parsed.day[(symbol == rename.new) & ~dropped]
        dropped |= rows & np.isin(parsed.day, taken)
        symbol[rows] = rename.new
        present.add(rename.new)
        done[rename.old] = rename.new
    if not done:
        return parsed, {}, 0
    return _with_symbols(parsed, symbol).take(~dropped), done, int(dropped.sum())


def _before(parsed: Parsed, effective: date | None) -> NDArray[np.bool_]:
    if effective is None:
        return np.ones(len(parsed), np.bool_)
    return parsed.day < np.datetime64(effective, "D")


def _with_symbols(parsed: Parsed, symbol: NDArray[np.object_]) -> Parsed:
    return Parsed(
        parsed.layout,
        parsed.line,
        symbol,
        parsed.day,
        parsed.values,
        parsed.texts,
        parsed.broken,
    )

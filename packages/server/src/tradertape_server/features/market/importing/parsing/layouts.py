"""Column layouts of files: which column is which, and what kind of file it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.importing.parsing.column_names import (
    ALIASES,
    BAND_NAMES,
    plain,
    resembles_volume,
)

NO_COLUMN = "-"
_PRICES = ("open", "high", "low", "close")
_NUMBERS = (*_PRICES, "volume")
BHAVCOPY, UDIFF, TABLE, JSON = "NSE bhavcopy", "NSE bhavcopy (UDiFF)", "table", "broker candles"


def find_columns(headers: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Map our names to the file's headers; `given` by the user has precedence.

    given: our name to the file's, or to `-` where the file has no such column.
    Raises InvalidInput for an unknown name or header, and where two columns have equal claims.
    """
    found = _given_columns(headers, given)
    for ours, names in ALIASES.items():
        if ours in given:
            continue
        matching = [header for header in headers if plain(header) in names]
        if len(matching) > 1 and ours in _NUMBERS:
            raise InvalidInput(
                f"both {' and '.join(matching)} may be the {ours}: choose one with "
                f"--map {ours}='{matching[0]}'",
                pointer="/map",
            )
        if matching:
            found[ours] = matching[0]
    return found


def check_volume(
    headers: Sequence[str], columns: Mapping[str, str], given: Mapping[str, str]
) -> None:
    """Raise InvalidInput for a file whose volume is in a column of an unknown name."""
    if "volume" in columns or "volume" in given:
        return
    alike = [header for header in headers if resembles_volume(header)]
    if alike:
        raise InvalidInput(
            f"{', '.join(alike)} may be the volume: state it with --map volume='{alike[0]}' "
            "(counted in shares), or --map volume=- where the file has no volume",
            pointer="/map",
        )


def _given_columns(headers: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    unknown = [ours for ours in given if ours not in ALIASES]
    if unknown:
        raise InvalidInput(
            f"--map accepts {', '.join(ALIASES)}; not {', '.join(unknown)}", pointer="/map"
        )
    written = {plain(header): header for header in reversed(headers)}
    found = {
        ours: theirs if theirs in headers else written.get(plain(theirs), "")
        for ours, theirs in given.items()
        if theirs != NO_COLUMN
    }
    absent = [given[ours] for ours, header in found.items() if not header]
    if absent:
        raise InvalidInput(
            f"the file has no column {', '.join(absent)}; it has: {', '.join(headers)}",
            pointer="/map",
        )
    return found


def layout_of(headers: Sequence[str]) -> str:
    """Recognize the layout by the headers."""
    names = {plain(header) for header in headers}
    if {"traddt", "tckrsymb", "sctysrs", "clspric"} <= names:
        return UDIFF
    if {"symbol", "series", "close", "tottrdqty", "timestamp"} <= names:
        return BHAVCOPY
    return TABLE


def kind_of(headers: Sequence[str], given: Mapping[str, str]) -> str:
    """The kind of a file by its headers: candles, indices, actions, membership, bands or
    instruments.

    Raises InvalidInput for unknown columns.
    """
    names = {plain(header) for header in headers}
    columns = find_columns(headers, given)
    if "close" in columns and "date" in columns:
        return "indices" if "index" in columns and "symbol" not in columns else "candles"
    if "symbol" in names and (names.intersection(BAND_NAMES[:-1]) or {"from", "to"} <= names):
        return "bands"
    if names & {"splitratio", "ratio", "subject", "purpose", "dividend"}:
        return "actions"
    if "symbol" in columns and names & {"validfrom", "effectivedate"}:
        return "membership"
    if "symbol" in columns and names & {"isin", "isincode"}:
        return "instruments"
    if names == {"symbol"}:
        return "membership"
    raise InvalidInput(f"unknown column layout: {', '.join(headers)}; see --map")


def missing_prices(columns: Mapping[str, str], *, close_is_enough: bool) -> list[str]:
    """The required columns that a file of candles lacks."""
    needed = ("date", "close") if close_is_enough else ("date", *_PRICES)
    return [name for name in needed if name not in columns]

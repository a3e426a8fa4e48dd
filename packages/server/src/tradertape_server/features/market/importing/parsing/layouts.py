"""Column layouts of files: the names that exchanges, brokers and vendors use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tradertape_core.kernel.errors import InvalidInput

# Our names to those in files, in lower case without punctuation: NSE's two bhavcopy layouts,
# sec_bhavdata_full and ind_close_all, Yahoo, and common broker exports.
ALIASES: Mapping[str, frozenset[str]] = {
    "date": frozenset(
        {"date", "timestamp", "datetime", "time", "ts", "day", "tradedate", "traddt", "date1"}
        | {"indexdate", "exdate", "effectivedate", "validfrom"}
    ),
    "symbol": frozenset({"symbol", "tckrsymb", "ticker", "tradingsymbol", "scrip", "stock"}),
    "index": frozenset({"index", "indexname"}),
    "open": frozenset({"open", "opnpric", "openprice", "o", "openindexvalue"}),
    "high": frozenset({"high", "hghpric", "highprice", "h", "highindexvalue"}),
    "low": frozenset({"low", "lwpric", "lowprice", "l", "lowindexvalue"}),
    "close": frozenset({"close", "clspric", "closeprice", "c", "closingindexvalue"}),
    "volume": frozenset({"volume", "ttltradgvol", "tottrdqty", "ttltrdqnty", "vol", "v"}),
    "adj_close": frozenset({"adjclose", "adjustedclose"}),
    "series": frozenset({"series", "sctysrs"}),
    "isin": frozenset({"isin", "isincode"}),
    "basis": frozenset({"basis", "pricebasis"}),
}
_SIGNS = re.compile(r"[^a-z0-9]+")
_PRICES = ("open", "high", "low", "close")
BHAVCOPY, UDIFF, TABLE, JSON = "NSE bhavcopy", "NSE bhavcopy (UDiFF)", "table", "broker candles"


def plain(header: str) -> str:
    """Normalize a header for comparison: "Adj Close" becomes adjclose."""
    return _SIGNS.sub("", header.lower())


def find_columns(headers: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    """Map our names to the file's headers; `given` by the user has precedence. Raises
    InvalidInput for an unknown name or header."""
    unknown = [ours for ours in given if ours not in ALIASES]
    if unknown:
        raise InvalidInput(
            f"--map accepts {', '.join(ALIASES)}; not {', '.join(unknown)}", pointer="/map"
        )
    absent = [theirs for theirs in given.values() if theirs not in headers]
    if absent:
        raise InvalidInput(
            f"the file has no column {', '.join(absent)}; it has: {', '.join(headers)}",
            pointer="/map",
        )
    found = dict(given)
    for header in headers:
        ours = next((ours for ours, names in ALIASES.items() if plain(header) in names), None)
        if ours is not None and ours not in found:
            found[ours] = header
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
    """The kind of a file by its headers: candles, indices, actions, membership or instruments.

    Raises InvalidInput for unknown columns.
    """
    names = {plain(header) for header in headers}
    columns = find_columns(headers, given)
    if "close" in columns and "date" in columns:
        return "indices" if "index" in columns and "symbol" not in columns else "candles"
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

"""The price basis of a data set: that of an input file, and whether the two are compatible."""

from __future__ import annotations

import re

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.data_sets.reference_rows import RAW, SPLIT
from tradertape_server.features.market.importing.parsing import layouts
from tradertape_server.features.market.importing.parsing.file_tables import Parsed

_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_POINTER = "/basis"


def on_one_basis(parsed: Parsed, wanted: str) -> tuple[Parsed, str, int]:
    """Select the rows on one basis.

    wanted: the requested basis, "" for that of the file. Returns the rows, their basis ("" if the
    file does not state one), and the number of rows on other bases. Raises InvalidInput when a
    file mixes bases and none is requested, or when it lacks the requested one.
    """
    column = parsed.texts.get("basis")
    if column is None:
        return parsed, RAW if parsed.layout in {layouts.BHAVCOPY, layouts.UDIFF} else "", 0
    found = sorted(set(column.tolist()))
    if not wanted and len(found) > 1:
        raise InvalidInput(
            f"the file mixes price bases: {_listed(parsed, found)}. A data set has only one basis: "
            "choose one with --basis",
            pointer=_POINTER,
        )
    basis = wanted or found[0]
    if basis not in found:
        raise InvalidInput(
            f"the file has no rows on the basis {basis!r}; it has: {_listed(parsed, found)}",
            pointer=_POINTER,
        )
    kept = column == basis
    return parsed.take(kept), basis, int((~kept).sum())


def bases_of_new_set(
    asked: str, source: str, of_file: str, *, has_actions: bool
) -> tuple[str, str]:
    """Return the bases (served, stored) of a new data set from its first file.

    asked: --basis; source: --source-basis; of_file: the basis the file states, "" if none.
    Raises InvalidInput when they are unknown or incompatible.
    """
    for name in (asked, source):
        if name and not _NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} is not a valid name of a price basis", pointer=_POINTER)
    stored = source or of_file or asked
    if not stored:
        raise InvalidInput(
            "state how the prices are adjusted: --basis raw (as traded), split (for splits and "
            "bonuses) or total_return (for dividends too)",
            pointer=_POINTER,
        )
    served = asked or stored
    check_pair(served, stored, has_actions=has_actions)
    return served, stored


def check_pair(served: str, stored: str, *, has_actions: bool) -> None:
    """Raise InvalidInput unless prices on `stored` can be served on `served`."""
    if served == stored:
        return
    if (served, stored) != (SPLIT, RAW):
        raise InvalidInput(
            f"prices on the basis {stored!r} cannot be converted to {served!r}", pointer=_POINTER
        )
    if not has_actions:
        raise InvalidInput(
            "adjusting raw prices for splits requires the splits and bonuses: add --actions FILE, "
            "or import the prices unadjusted with --basis raw",
            pointer=_POINTER,
        )


def check_addition(data_set: str, stored: str, of_file: str) -> None:
    """Raise InvalidInput when a file's basis differs from that of the stored data set."""
    if of_file and of_file != stored:
        raise InvalidInput(
            f"data set {data_set} has prices on the basis {stored!r}, this file has {of_file!r}: "
            "import it into another data set with --data-set",
            pointer=_POINTER,
        )


def _listed(parsed: Parsed, found: list[str]) -> str:
    column = parsed.texts["basis"]
    parts: list[str] = []
    for basis in found:
        rows = column == basis
        symbols = len(set(parsed.symbol[rows].tolist()))
        parts.append(f"{basis or '(none)'} ({int(np.sum(rows)):,} rows, {symbols} symbols)")
    return ", ".join(parts)

"""One price basis for each data set: which one a file is on, and whether it may come in."""

from __future__ import annotations

import re

import numpy as np

from tradertape_core.kernel.errors import InvalidInput
from tradertape_server.features.market.importing.parsing import layouts
from tradertape_server.features.market.importing.parsing.file_tables import Parsed

RAW, SPLIT = "raw", "split"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
_POINTER = "/basis"


def on_one_basis(parsed: Parsed, wanted: str) -> tuple[Parsed, str, int]:
    """The rows on one basis, that basis ("" where the file does not say), and how many are not.

    wanted: the basis asked for, "" for whichever the file is on.
    Raises InvalidInput when a file that mixes bases comes without a choice.
    """
    column = parsed.texts.get("basis")
    if column is None:
        return parsed, RAW if parsed.layout in {layouts.BHAVCOPY, layouts.UDIFF} else "", 0
    found = sorted(set(column.tolist()))
    if not wanted and len(found) > 1:
        raise InvalidInput(
            f"the file mixes price bases: {_listed(parsed, found)}. Prices on different bases "
            "cannot stand in one data set: choose one with --basis",
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
    """The bases (served, stored) of a data set begun with a file.

    asked: --basis; source: --source-basis; of_file: what the file itself says, "" if nothing.
    """
    for name in (asked, source):
        if name and not _NAME.fullmatch(name):
            raise InvalidInput(f"{name!r} is no name of a price basis", pointer=_POINTER)
    stored = source or of_file or asked
    if not stored:
        raise InvalidInput(
            "say how the prices are adjusted: --basis raw (as traded), split (for splits and "
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
            f"prices on the basis {stored!r} cannot be turned into {served!r}", pointer=_POINTER
        )
    if not has_actions:
        raise InvalidInput(
            "raw prices become split-adjusted only with the splits and bonuses: give --actions "
            "FILE, or import them as they are with --basis raw",
            pointer=_POINTER,
        )


def check_addition(data_set: str, stored: str, of_file: str) -> None:
    """Raise InvalidInput when a file's basis is not the one a data set is stored on."""
    if of_file and of_file != stored:
        raise InvalidInput(
            f"data set {data_set} holds prices on the basis {stored!r}, this file has {of_file!r}: "
            "import it into a set of its own with --data-set",
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

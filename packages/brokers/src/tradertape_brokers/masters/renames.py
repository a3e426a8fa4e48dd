"""Instruments that were renamed or merged: the old symbol still finds what it became. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tradertape_brokers.masters.checking import is_index
from tradertape_core.market.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerName:
    """An id that is no longer listed, the id it became, and the first list that said so."""

    old_id: str
    new_id: str
    since: date


def renamed(old: Iterable[Instrument], new: Sequence[Instrument], *, on: date) -> list[FormerName]:
    """Return the shares of the old list that the new one has under another symbol.

    The exchange's token or the ISIN says that it is the same. Where the two point at different
    instruments, or an ISIN is listed twice, nothing is claimed. Contracts are passed over: their
    tokens are used again after the expiry.
    """
    listed = {one.id for one in new}
    by_token = {(o.exchange, o.exchange_token): o for o in new if _is_share(o)}
    by_isin: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
    for one in new:
        if _is_share(one) and one.isin:
            by_isin[one.exchange, one.isin].append(one)
    found: list[FormerName] = []
    for one in old:
        if one.id in listed or not _is_share(one):
            continue
        token = by_token.get((one.exchange, one.exchange_token))
        isins = by_isin.get((one.exchange, one.isin), []) if one.isin else []
        heir = _heir(one, token, isins)
        if heir is not None:
            found.append(FormerName(old_id=one.id, new_id=heir.id, since=on))
    return found


def joined(
    before: Iterable[FormerName], more: Iterable[FormerName], listed: Iterable[str]
) -> list[FormerName]:
    """Add new names to the known ones: an id that is listed again is no former name, and a chain
    of renames leads to its end."""
    current = set(listed)
    latest = {one.old_id: one for one in more}
    known = {one.old_id: one for one in before} | latest
    found: list[FormerName] = []
    for one in known.values():
        end, seen = one.new_id, {one.old_id}
        while end not in current and end in known and end not in seen:
            seen.add(end)
            end = known[end].new_id
        if one.old_id not in current and end in current:
            found.append(FormerName(old_id=one.old_id, new_id=end, since=one.since))
    return found


def _heir(
    one: Instrument, token: Instrument | None, isins: Sequence[Instrument]
) -> Instrument | None:
    if token is not None and one.isin and token.isin and token.isin != one.isin:
        token = None  # the number was given to another company
    if token is not None and isins and token not in isins:
        return None
    if token is not None:
        return token
    return isins[0] if len(isins) == 1 else None


def _is_share(one: Instrument) -> bool:
    return not one.is_derivative and not is_index(one)

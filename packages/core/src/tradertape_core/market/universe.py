"""Universes: which symbols belong, and since when.

A `Universe` is spells of membership. The known ones are made from typed facts; importers and the
simulated world make their own with the same class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.universe_changes import (
    NIFTY_50_CHANGES,
    NIFTY_50_IN_2015,
    RENAMES,
    IndexChange,
)
from tradertape_core.market.universe_facts import AS_OF, NIFTY_100, SECTORS

NIFTY_50_KNOWN_FROM = date(2015, 1, 1)

_NEW_SYMBOL: Mapping[str, str] = {rename.old: rename.new for rename in RENAMES}


@dataclass(frozen=True, slots=True)
class Spell:
    """A symbol's stretch of membership: from `start` on, up to but without `end`.

    None means "always before" and "still".
    """

    symbol: str
    start: date | None = None
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether a day is in it; `end` is the first day that is not."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Universe:
    """A named set of symbols whose members may change with time.

    known_from: first day from which membership is point-in-time; None when it never is (a list of
    today projected back); date.min when it always is.
    """

    name: str
    title: str
    spells: tuple[Spell, ...]
    known_from: date | None = date.min

    def members_on(self, day: date) -> tuple[str, ...]:
        """Symbols that belong on `day`, sorted."""
        return tuple(sorted({s.symbol for s in self.spells if s.covers(day)}))

    def symbols_between(self, start: date, end: date) -> tuple[str, ...]:
        """Symbols that belong on any day from `start` to `end`, sorted."""
        meets = (
            s.symbol
            for s in self.spells
            if (s.start is None or s.start <= end) and (s.end is None or s.end > start)
        )
        return tuple(sorted(set(meets)))

    def mask(self, dates: NDArray[np.datetime64], symbols: Sequence[str]) -> NDArray[np.bool_]:
        """Membership as (T, N): True where the symbol of the column belongs on the date of the row.

        dates: (T,) datetime64[D], rising. A column under an old symbol is that of its company
        unless the new symbol has a column too.
        """
        member = np.zeros((len(dates), len(symbols)), dtype=np.bool_)
        columns = column_of(symbols)
        for spell in self.spells:
            column = columns.get(spell.symbol)
            if column is None:
                continue
            first = (
                0
                if spell.start is None
                else int(np.searchsorted(dates, np.datetime64(spell.start)))
            )
            last = (
                len(dates)
                if spell.end is None
                else int(np.searchsorted(dates, np.datetime64(spell.end)))
            )
            member[first:last, column] = True
        return member

    def warnings_between(self, start: date, end: date) -> tuple[str, ...]:
        """What a reader of a result over these days must know of the membership."""
        if self.known_from is None:
            return (
                f"Universe {self.name} is the membership of {AS_OF} for {start} to {end}: "
                "survivorship bias",
            )
        if start < self.known_from:
            return (
                f"Universe {self.name} is the membership of {self.known_from} for {start} to "
                f"{min(end, self.known_from)}: its earlier changes are not known",
            )
        return ()


def current_symbol(symbol: str) -> str:
    """Follow renames to the symbol in use today: ZOMATO gives ETERNAL, LTI gives LTM."""
    while symbol in _NEW_SYMBOL:
        symbol = _NEW_SYMBOL[symbol]
    return symbol


def column_of(symbols: Sequence[str]) -> dict[str, int]:
    """Column of each company by its current symbol; the current name wins over an old one."""
    columns = {symbol: i for i, symbol in enumerate(symbols)}
    for old in reversed(RENAMES):
        new = current_symbol(old.new)
        if old.old in columns and new not in columns:
            columns[new] = columns[old.old]
    return columns


def find_universe(
    wanted: str | Sequence[str], known: Mapping[str, Universe] | None = None
) -> Universe:
    """Return the universe of that name, or one made of the listed symbols.

    wanted: "nifty_50", "custom:INFY,TCS" or a sequence of symbols.
    known: universes to look in, by name; the typed ones when None.
    Raises InvalidInput when the name is unknown (naming those that are known) or the list empty.
    """
    universes = known_universes() if known is None else known
    if not isinstance(wanted, str):
        return custom_universe(wanted)
    if wanted.startswith("custom:"):
        return custom_universe(wanted.removeprefix("custom:").split(","))
    if wanted in universes:
        return universes[wanted]
    raise InvalidInput(
        f"unknown universe {wanted!r}; known: {', '.join(sorted(universes))}, custom:SYMBOL,SYMBOL",
        pointer="/universe",
    )


def custom_universe(symbols: Iterable[str]) -> Universe:
    """Make a universe of a fixed list; symbols are trimmed and upper-cased, doubles dropped.

    Raises InvalidInput when nothing is left.
    """
    names = sorted({symbol.strip().upper() for symbol in symbols} - {""})
    if not names:
        raise InvalidInput("a custom universe needs at least one symbol", pointer="/universe")
    return Universe("custom", f"{len(names)} chosen symbols", tuple(Spell(s) for s in names))


def membership(
    wanted: str | Sequence[str],
    dates: NDArray[np.datetime64],
    symbols: Sequence[str],
    known: Mapping[str, Universe] | None = None,
) -> NDArray[np.bool_]:
    """Return the (T, N) mask of `find_universe(wanted, known)`; see `Universe.mask`."""
    return find_universe(wanted, known).mask(dates, symbols)


def spells_from_changes(
    first: Iterable[str], changes: Sequence[IndexChange], *, start: date | None = None
) -> tuple[Spell, ...]:
    """Turn members at the beginning and dated changes into spells of membership.

    Raises InvalidInput when a company leaves that is no member, or joins when it is one.
    """
    since: dict[str, date | None] = dict.fromkeys(first, start)
    spells: list[Spell] = []
    for change in changes:
        for symbol in change.left:
            if symbol not in since:
                raise InvalidInput(f"{symbol} leaves on {change.effective} but is no member")
            spells.append(Spell(symbol, since.pop(symbol), change.effective))
        for symbol in change.joined:
            if symbol in since:
                raise InvalidInput(f"{symbol} joins on {change.effective} but is a member")
            since[symbol] = change.effective
    spells += [Spell(symbol, begin) for symbol, begin in since.items()]
    return tuple(sorted(spells, key=lambda s: (s.symbol, s.start or date.min)))


@cache
def known_universes() -> Mapping[str, Universe]:
    """Universes made from the typed facts, by name."""
    fifty = Universe(
        "nifty_50",
        "NIFTY 50",
        spells_from_changes(NIFTY_50_IN_2015, NIFTY_50_CHANGES),
        NIFTY_50_KNOWN_FROM,
    )
    in_fifty = set(fifty.members_on(AS_OF))
    hundred = [fact.symbol for fact in NIFTY_100]
    made = [
        fifty,
        _fixed("nifty_next_50", "NIFTY NEXT 50", [s for s in hundred if s not in in_fifty]),
        _fixed("nifty_100", "NIFTY 100", hundred),
    ]
    for sector, name in SECTORS.items():
        symbols = [fact.symbol for fact in NIFTY_100 if fact.sector == sector]
        if symbols:
            made.append(_fixed(name, f"{sector} of the NIFTY 100", symbols))
    return {universe.name: universe for universe in made}


def _fixed(name: str, title: str, symbols: Iterable[str]) -> Universe:
    return Universe(name, title, tuple(Spell(s) for s in sorted(symbols)), known_from=None)

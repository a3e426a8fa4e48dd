"""The universes of a data set: its own membership lists, and the built-in ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.market.sectors import sector_name
from tradertape_core.market.universe import (
    Spell,
    Universe,
    column_of,
    current_symbol,
    custom_universe,
    known_universes,
)
from tradertape_core.market.universe_facts import FACTS
from tradertape_server.features.market.data_sets.columns import Columns
from tradertape_server.features.market.data_sets.manifest import Manifest

ALL = "all"
CUSTOM = "custom:"
_POINTER = "/universe"
_UNSPELLED = re.compile(r"[^a-z0-9]+")


def is_custom(wanted: str) -> bool:
    """Whether a universe lists its symbols."""
    return wanted.lower().startswith(CUSTOM)


@dataclass(frozen=True, slots=True)
class UniverseSize:
    """A universe on a day. since: first day of known membership, None if none is known."""

    name: str
    title: str
    members: int
    with_candles: int
    since: date | None
    from_data_set: bool


class Universes:
    """The universes of one data set."""

    def __init__(self, manifest: Manifest, columns: Columns) -> None:
        self._manifest = manifest
        self._columns = columns
        self._own = {name: own_universe(name, rows) for name, rows in columns.spells().items()}
        self._known = {**known_universes(), **self._own}
        self._column_of = column_of(columns.symbols)

    def names(self) -> list[str]:
        """Every name that `find` accepts."""
        return [*self._known, ALL]

    def find(self, wanted: str | Sequence[str]) -> Universe:
        """The universe of a name or of listed symbols; raises InvalidInput with the known names."""
        if not isinstance(wanted, str):
            return custom_universe(plain_symbol(symbol) for symbol in wanted)
        if is_custom(wanted):
            return custom_universe(plain_symbol(s) for s in _listed(wanted[len(CUSTOM) :]))
        name = universe_name(wanted)
        if not name:
            raise InvalidInput("name a universe or list symbols", pointer=_POINTER)
        if name == ALL:
            spells = tuple(Spell(symbol) for symbol in self._columns.symbols)
            return Universe(ALL, f"Every symbol of {self._manifest.name}", spells)
        if name not in self._known:
            raise InvalidInput(
                f"there is no universe {name!r} in data set {self._manifest.name}; there are: "
                f"{', '.join(self.names())}; or {CUSTOM}INFY,TCS",
                pointer=_POINTER,
            )
        return self._known[name]

    def held_as(self, symbol: str) -> str | None:
        """The symbol under which the data set has a company, None if it does not."""
        column = self._column_of.get(current_symbol(symbol), self._column_of.get(symbol))
        return None if column is None else self._columns.symbols[column]

    def sizes(self, day: date) -> list[UniverseSize]:
        """Every universe with its size on a day."""
        return [self._size(self.find(name), day) for name in self.names()]

    def sectors(self, symbols: Sequence[str]) -> list[str]:
        """The sector of each symbol, "" if unknown."""
        return [about(self._columns, symbol)[2] for symbol in symbols]

    def _size(self, universe: Universe, day: date) -> UniverseSize:
        members = universe.members_on(day)
        held = sum(self.held_as(symbol) is not None for symbol in members)
        own = universe.name in self._own or universe.name == ALL
        since = universe.known_from
        return UniverseSize(universe.name, universe.title, len(members), held, since, own)


def own_universe(name: str, rows: Sequence[Sequence[str | None]]) -> Universe:
    """Build a universe from a data set's rows of (symbol, first day, day after the last or None).

    Companies have their current symbols. Before the first list, its members are used.
    """
    since = date.fromisoformat(min(str(row[1]) for row in rows))
    spells: list[Spell] = []
    for symbol, first, end in rows:
        begins = date.fromisoformat(str(first))
        ends = date.fromisoformat(end) if end else None
        start = None if begins == since else begins
        spells.append(Spell(current_symbol(str(symbol)), start, ends))
    known = known_universes().get(name)
    title = known.title if known else name.replace("_", " ").upper()
    return Universe(name, title, tuple(spells), known_from=since)


def _listed(text: str) -> list[str]:
    """Split "INFY,TCS", with or without brackets."""
    return text.strip().removeprefix("[").removesuffix("]").split(",")


def universe_name(text: str) -> str:
    """Normalize a universe's name: "NIFTY 50", "nifty50" and "nifty_50" become nifty_50."""
    plain = _UNSPELLED.sub("_", text.strip().lower()).strip("_")
    return re.sub(r"(?<=[a-z])(?=\d)", "_", plain)


def plain_symbol(text: str) -> str:
    """Normalize "NSE:INFY", "INFY.NS", "INFY-EQ" or " infy " to the NSE trading symbol INFY."""
    symbol = text.strip().upper().removeprefix("NSE:").removeprefix("NSE_EQ:")
    return symbol.removesuffix(".NS").removesuffix("-EQ").strip()


def about(columns: Columns, symbol: str) -> tuple[str, str, str]:
    """Name, ISIN and sector of a symbol, "" if unknown."""
    own: Mapping[str, Sequence[str]] = columns.instruments
    if symbol in own:
        name, isin, sector = own[symbol]
        return name, isin, sector_name(sector)
    fact = FACTS.get(symbol) or FACTS.get(current_symbol(symbol))
    return (fact.name, fact.isin, fact.sector) if fact else ("", "", "")

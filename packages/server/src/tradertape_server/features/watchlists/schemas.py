"""Request and response bodies of watch lists."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from tradertape_server.platform.http.routing import Body, IstTime, Reply

MOST_INSTRUMENTS = 500

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Ids = Annotated[
    list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=80)]],
    Field(max_length=MOST_INSTRUMENTS),
]


class WatchlistIn(Body):
    """A new list: of instruments (`NSE:INFY`), or of the members of a universe (`nifty_50`)."""

    name: Name
    instruments: Ids = Field(default_factory=list)
    universe: Annotated[str, Field(max_length=60)] | None = None


class WatchlistPatch(Body):
    """Changes. `instruments` replaces the whole list and its order; `add` and `remove` keep the
    rest, so that two windows do not overwrite each other."""

    name: Name | None = None
    instruments: Ids | None = None
    add: Ids = Field(default_factory=list)
    remove: Ids = Field(default_factory=list)


class WatchlistOut(Reply):
    """A list and the ids on it."""

    id: int
    name: str
    instruments: list[str]
    updated_at: IstTime


class WatchedOut(Reply):
    """An instrument on a list. is_listed: false for a contract that has expired."""

    instrument: str
    exchange: str
    tradingsymbol: str
    name: str
    instrument_type: str
    expiry: date | None
    is_listed: bool

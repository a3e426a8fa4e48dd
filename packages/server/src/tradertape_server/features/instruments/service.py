"""Instruments of the day: the built-in master, and an imported file of a broker."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_core.market.calendar import nse_calendar
from tradertape_core.market.chains import index_chains, share_futures
from tradertape_core.market.contracts import INDEX_CONTRACTS
from tradertape_core.market.hours import last_session_hours
from tradertape_core.market.instrument import Instrument
from tradertape_core.market.listing import ListedShare, indices, shares
from tradertape_core.market.universe_facts import FACTS, NIFTY_100
from tradertape_core.market.world.day import MarketDay
from tradertape_server.features.instruments.broker_masters import BrokerMasters
from tradertape_server.features.instruments.kite_dump import Dump, read_dump
from tradertape_server.features.instruments.master import InstrumentMaster
from tradertape_server.features.instruments.similar_names import NameQuery, suggestion, why_unknown
from tradertape_server.features.market.data_sets.columns import Columns
from tradertape_server.features.market.data_sets.store import write_atomically
from tradertape_server.features.market.live_world import LiveWorld
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.errors import ApiError
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)

REFRESH_INTERVAL_S = 2.0
_DUMP = "kite.csv"
_NO_LIST = (
    "no broker's list of instruments is here yet: connect a broker in Settings → Brokers, the list "
    "is there about a minute later"
)
_STILL_LISTED = timedelta(days=30)
_WITH_FUTURES = frozenset(fact.symbol for fact in NIFTY_100)

Identifier = str | int


class UnknownInstrument(ApiError):
    """There is no instrument with that name or token; the message lists similar ones."""

    status = 404

    def __init__(self, asked: Identifier, near: Sequence[str] = (), *, why: str = "") -> None:
        because = f": {why}" if why else ""
        self.hint = f"{because}{suggestion(near)}"
        super().__init__(f"Unknown instrument {asked}{self.hint}", code="unknown_instrument")
        self.asked = asked
        self.near = tuple(near)


@dataclass(frozen=True, slots=True)
class ResolvedInstruments:
    """Instruments by requested identifier, and the unknown identifiers with similar names."""

    instruments: Mapping[Identifier, Instrument]
    unknown: Mapping[Identifier, UnknownInstrument]


class InstrumentService:
    """Today's instruments in India; rebuilt when the day or the data changes.

    masters: the brokers' lists, where the server trades a real market; then nothing is ours.
    """

    def __init__(
        self, market: MarketService, world: LiveWorld, clock: Clock, *, home: Path,
        masters: BrokerMasters | None = None,
    ) -> None:  # fmt: skip
        self._masters = masters
        self._market = market
        self._world = world
        self._clock = clock
        self._file = home / "instruments" / _DUMP
        self._lock = threading.Lock()
        self._master: InstrumentMaster | None = None
        self._made_from: tuple[date, str, int] | None = None
        self._checked_s = 0.0

    @property
    def now(self) -> datetime:
        """The time for which these instruments are valid."""
        return self._clock.now()

    @property
    def master(self) -> InstrumentMaster:
        """Today's table."""
        with self._lock:
            now_s = self._clock.monotonic()
            if self._master is None or not 0 <= now_s - self._checked_s < REFRESH_INTERVAL_S:
                self._checked_s = now_s
                self._refresh()
            if self._master is None:
                raise RuntimeError("the instrument table was not built")
            return self._master

    def get(self, asked: Identifier) -> Instrument:
        """Find by id such as `NSE:INFY`, or by token (a number or its digits); raises
        UnknownInstrument."""
        master = self.master
        token = as_token(asked)
        found = master.by_id(str(asked)) if token is None else master.by_token(token)
        if found is None and token is None and self._masters is not None:
            found = self._masters.former(str(asked))
        if found is None:
            raise self._unknown(asked, token, master)
        return found

    def _unknown(
        self, asked: Identifier, token: int | None, master: InstrumentMaster
    ) -> UnknownInstrument:
        if token is not None:
            return UnknownInstrument(asked, why="no current instrument has this token")
        if self._masters is not None and not len(master):
            return UnknownInstrument(asked, why=_NO_LIST)
        today = self._clock.now().astimezone(IST).date()
        name = str(asked)
        return UnknownInstrument(
            asked, master.near(name), why=why_unknown(NameQuery.of(name), today)
        )

    def resolve_many(self, asked: Iterable[Identifier]) -> ResolvedInstruments:
        """Find several; unknown ones are listed in the result."""
        found: dict[Identifier, Instrument] = {}
        unknown: dict[Identifier, UnknownInstrument] = {}
        for one in asked:
            try:
                found[one] = self.get(one)
            except UnknownInstrument as error:
                unknown[one] = error
        return ResolvedInstruments(found, unknown)

    def search(self, text: str, *, exchange: str = "", limit: int = 20) -> list[Instrument]:
        """Instruments that contain every word of `text`, the best match first."""
        return self.master.search(text, exchange=exchange, limit=limit)

    def spot_of(self, instrument: Instrument) -> Instrument:
        """The underlying index or share of a derivative; raises UnknownInstrument."""
        contract = INDEX_CONTRACTS.get(instrument.underlying)
        if contract is None:
            return self.get(f"NSE:{instrument.underlying}")
        return self.get(f"{contract.index_exchange}:{contract.index}")

    def has_derivatives(self, share: Instrument) -> bool:
        """Whether futures or options on an NSE share exist."""
        return share.exchange == "NSE" and self.master.has_derivatives(share.tradingsymbol)

    def import_dump(self, path: Path) -> Dump:
        """Import Kite's instrument file; its rows replace ours from now on.

        Raises InvalidInput, without a change, when the file cannot be read.
        """
        try:
            content = path.read_bytes()
            dump = read_dump(content.decode("utf-8-sig").splitlines())
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path} cannot be read: {error}") from error
        write_atomically(self._file, content)
        with self._lock:
            self._made_from = None
            self._master = None
        return dump

    def _refresh(self) -> None:
        today = self._clock.now().astimezone(IST).date()
        try:
            self._refresh_from_data(today)
        except StoredDataDamaged as error:
            # Positions must stay tradable: the last table is kept, or the broker's rows alone.
            if self._master is None:
                logger.error("instruments without market data", problem=str(error))
                self._master = InstrumentMaster(_with_dump([], self._dump(), today))

    def _refresh_from_list(self, masters: BrokerMasters, today: date) -> None:
        listing = masters.listing()
        key = (today, "" if listing is None else listing.version, 0)
        if self._made_from == key:
            return
        rows = () if listing is None else listing.instruments
        current = (one for one in rows if one.expiry is None or one.expiry >= today)
        self._master = InstrumentMaster(_with_freeze_quantity(one) for one in current)
        self._made_from = key

    def _refresh_from_data(self, today: date) -> None:
        if self._masters is not None:
            self._refresh_from_list(self._masters, today)
            return
        opened = self._columns()
        version = opened[0] if opened else ""
        changed = self._file.stat().st_mtime_ns if self._file.is_file() else 0
        if self._made_from == (today, version, changed):
            return
        self._master = InstrumentMaster(self._make(today, opened[1] if opened else None))
        self._made_from = (today, version, changed)

    def _make(self, today: date, columns: Columns | None) -> list[Instrument]:
        calendar = nse_calendar()
        begun = last_session_hours(calendar, self._clock.now())
        day = self._world.day(begun.day if begun else calendar.last_day)
        listed = _from_world(day) if columns is None else _from_columns(columns)
        equities = shares(listed, today)
        names = {*day.indices, "INDIA VIX", *(columns.index_names if columns else ())}
        levels = {name: index.previous for name, index in day.indices.items()}
        closes = {row.symbol: row.close for row in listed}
        futures = share_futures(
            [(e, closes[e.tradingsymbol]) for e in equities if e.tradingsymbol in _WITH_FUTURES],
            today,
            calendar,
        )
        made = [*equities, *indices(names), *index_chains(levels, today, calendar), *futures]
        return _with_dump(made, self._dump(), today)

    def _dump(self) -> Dump | None:
        if not self._file.is_file():
            return None
        return read_dump(self._file.read_text("utf-8-sig").splitlines())

    def _columns(self) -> tuple[str, Columns] | None:
        try:
            manifest, columns = self._market.columns()
        except InvalidInput:  # no data set yet
            return None
        return manifest.data_version, columns


def as_token(asked: Identifier) -> int | None:
    """Return a token given as a number or its digits; None for a symbol."""
    if isinstance(asked, int):
        return asked
    text = asked.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _with_dump(made: list[Instrument], dump: Dump | None, today: date) -> list[Instrument]:
    """Merge the broker's rows with ours; ours remain where the file has none."""
    if dump is None:
        return made
    theirs = [one for one in dump.instruments if one.expiry is None or one.expiry >= today]
    chains = {(one.exchange, one.underlying) for one in theirs if one.is_derivative}
    ids, tokens = {one.id for one in theirs}, {one.instrument_token for one in theirs}
    kept = [
        one
        for one in made
        if one.id not in ids
        and one.instrument_token not in tokens
        and not (one.is_derivative and (one.exchange, one.underlying) in chains)
    ]
    return [*kept, *theirs]


def _with_freeze_quantity(one: Instrument) -> Instrument:
    """Of index contracts, whose largest quantity brokers' lists do not have."""
    contract = INDEX_CONTRACTS.get(one.underlying) if one.is_derivative else None
    if contract is None or one.freeze_quantity is not None:
        return one
    return replace(one, freeze_quantity=contract.freeze_quantity)


def _from_world(day: MarketDay) -> list[ListedShare]:
    return [
        ListedShare(symbol, FACTS[symbol].name, FACTS[symbol].isin, share.previous)
        for symbol, share in day.shares.items()
        if symbol in FACTS
    ]


def _from_columns(columns: Columns) -> list[ListedShare]:
    """The shares still traded at the end of a data set."""
    close, found = columns.values["close"], list[ListedShare]()
    dates: list[date] = columns.dates.tolist()
    for j, symbol in enumerate(columns.symbols):
        rows = np.flatnonzero(np.isfinite(close[:, j]))
        if len(rows) and dates[-1] - dates[rows[-1]] <= _STILL_LISTED:
            fact, own = FACTS.get(symbol), columns.instruments.get(symbol)
            name, isin = (own[0], own[1]) if own else (fact.name, fact.isin) if fact else ("", "")
            found.append(ListedShare(symbol, name or symbol, isin, float(close[rows[-1], j])))
    return found

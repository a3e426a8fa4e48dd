"""Use cases of watch lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.watchlists import repository
from tradertape_server.features.watchlists.models import Watchlist
from tradertape_server.features.watchlists.schemas import (
    MOST_INSTRUMENTS,
    WatchedOut,
    WatchlistIn,
    WatchlistPatch,
)
from tradertape_server.platform.errors import Conflict, NotFound
from tradertape_server.platform.http.requests import is_taken

MOST_LISTS = 20


class WatchlistService:
    """Lists of a person; an instrument that is added must be listed today."""

    def __init__(self, clock: Clock, instruments: InstrumentService, market: MarketService) -> None:
        self._clock = clock
        self._instruments = instruments
        self._market = market

    def all(self, session: Session, user_id: int) -> Sequence[Watchlist]:
        """A person's lists, oldest first."""
        return repository.of_user(session, user_id)

    def get(self, session: Session, user_id: int, watchlist_id: int) -> Watchlist:
        """One list. Raises NotFound, also for another person's."""
        found = repository.owned(session, user_id, watchlist_id, lock=False)
        if found is None:
            raise NotFound("Watch list")
        return found

    def watched(self, watchlist: Watchlist) -> list[WatchedOut]:
        """The instruments on a list, in its order; `is_listed` is false for expired contracts."""
        known = self._instruments.resolve_many(watchlist.instruments).instruments
        return [_watched(name, known.get(name)) for name in watchlist.instruments]

    def create(self, session: Session, user_id: int, request: WatchlistIn) -> Watchlist:
        """Create a list. Raises Conflict for a name in use and over the limit of lists."""
        if len(repository.of_user(session, user_id)) >= MOST_LISTS:
            raise Conflict(
                f"You have {MOST_LISTS} watch lists, the most one account can have: delete one"
            )
        self._demand_free_name(session, user_id, request.name)
        wanted = [*request.instruments, *self._members(request.universe)]
        now = self._clock.now()
        made = Watchlist(
            user_id=user_id,
            name=request.name,
            instruments=self._joined([], wanted, "/instruments"),
            created_at=now,
            updated_at=now,
        )
        session.add(made)
        _store(session, made.name)
        return made

    def change(
        self, session: Session, user_id: int, watchlist_id: int, patch: WatchlistPatch
    ) -> Watchlist:
        """Rename, reorder, add and remove, in this order."""
        found = repository.owned(session, user_id, watchlist_id, lock=True)
        if found is None:
            raise NotFound("Watch list")
        if patch.name is not None:
            self._demand_free_name(session, user_id, patch.name, apart_from=found.id)
            found.name = patch.name
        kept = list(found.instruments)
        if patch.instruments is not None:
            # An instrument already on the list may remain when it is no longer listed.
            kept = self._joined([], patch.instruments, "/instruments", known=frozenset(kept))
        kept = self._joined(kept, patch.add, "/add", known=frozenset(kept))
        gone = frozenset(patch.remove)
        found.instruments = [name for name in kept if name not in gone]
        found.updated_at = self._clock.now()
        _store(session, found.name)
        return found

    def delete(self, session: Session, user_id: int, watchlist_id: int) -> None:
        """Delete a list."""
        session.delete(self.get(session, user_id, watchlist_id))

    def _demand_free_name(
        self, session: Session, user_id: int, name: str, *, apart_from: int | None = None
    ) -> None:
        if repository.has_name(session, user_id, name, apart_from=apart_from):
            raise _taken(name)

    def _members(self, universe: str | None) -> list[str]:
        if universe is None:
            return []
        _, _, rows = self._market.members(universe, None)
        return [f"NSE:{row.symbol}" for row in rows if row.candles > 0]

    def _joined(
        self,
        kept: list[str],
        more: Sequence[str],
        pointer: str,
        *,
        known: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Both without repetition, by instrument id. Raises InvalidDocument for unknown names."""
        found = self._instruments.resolve_many(name for name in more if name not in known)
        problems = [
            Problem(f"{pointer}/{place}", found.unknown[name].detail)
            for place, name in enumerate(more)
            if name in found.unknown
        ]
        ids = (name if name in known else found.instruments[name].id for name in more)
        joined = kept if problems else list(dict.fromkeys([*kept, *ids]))
        if len(joined) > MOST_INSTRUMENTS:
            problems.append(Problem(pointer, f"a watch list holds {MOST_INSTRUMENTS} at most"))
        if problems:
            raise InvalidDocument(problems)
        return joined


def _store(session: Session, name: str) -> None:
    """Write the change. Raises Conflict if another request took the name meanwhile."""
    try:
        session.flush()
    except IntegrityError as error:
        if not is_taken(error):
            raise
        raise _taken(name) from error


def _taken(name: str) -> Conflict:
    return Conflict(f"There is already a watch list named “{name}”: choose another name")


def _watched(name: str, instrument: Instrument | None) -> WatchedOut:
    exchange, _, symbol = name.partition(":")
    return WatchedOut(
        instrument=name,
        exchange=exchange,
        tradingsymbol=symbol,
        name=instrument.name if instrument else "",
        instrument_type=instrument.instrument_type.value if instrument else "",
        expiry=instrument.expiry if instrument else None,
        is_listed=instrument is not None,
    )

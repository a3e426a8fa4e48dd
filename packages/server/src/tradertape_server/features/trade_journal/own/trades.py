"""Reads what a person traded here: worker runs, portfolios, orders by hand.

From execution's fills and from the positions of portfolios that trade by candles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from tradertape_core.ledger.hand_actions import SAME_WITHIN, HandAction
from tradertape_core.wealth.instruments import ActionKind, ShareAction
from tradertape_server.features.execution.fill_queries import (
    FillsSoFar,
    PositionKey,
    fills_so_far,
    hand_actions_of_person,
    scaled_accounts,
)
from tradertape_server.features.market.corporate_facts import CorporateFacts
from tradertape_server.features.portfolios import queries as portfolios
from tradertape_server.features.trade_journal.own.away import Away, NotRead
from tradertape_server.features.trade_journal.own.by_candles import trips_by_candles
from tradertape_server.features.trade_journal.own.columns import with_origins
from tradertape_server.features.trade_journal.own.origins import Origin, Origins
from tradertape_server.features.trade_journal.own.walks import (
    Actions,
    Held,
    ManyFills,
    Walks,
    WriteOffs,
    is_delivered,
    symbol_of,
)
from tradertape_server.features.trade_journal.ports import BeingRead, OwnBook
from tradertape_server.features.wealth.trips import Trips
from tradertape_server.features.workers import queries as workers
from tradertape_server.platform.database.engine import Database

HandVersion = Callable[[Session, int], object]
WriteOffsOf = Callable[[Session, int], Mapping[PositionKey, WriteOffs]]

# Fills that a request reads itself, in some 0.07 s; more are read by a process of its own.
MOST_HERE = 2_000


def none_gone(_session: Session, _user_id: int) -> dict[PositionKey, WriteOffs]:
    """Where nothing is written off."""
    return {}


@dataclass(frozen=True, slots=True)
class SoFar:
    """What one person traded here as far as it was read, to be continued elsewhere."""

    walks: Walks
    book: OwnBook
    named: list[Origin]
    candles: tuple[object, Trips]


class OwnTrades:
    """Reads what was traded here. facts: of splits and bonuses of what was held meanwhile. by_hand:
    changes when a person applies one to an account or writes units off, or undoes it. gone: what is
    written off. away: reads what is much; without it, all is read by who asks."""

    def __init__(
        self, database: Database, facts: CorporateFacts, by_hand: HandVersion,
        away: Away | None = None, *, gone: WriteOffsOf = none_gone, most_here: int = MOST_HERE,
    ) -> None:  # fmt: skip
        self._database = database
        self._facts = facts
        self._by_hand = by_hand
        self._gone = gone
        self._away = away
        self._most_here = most_here

    def is_scaled(self, user_id: int) -> bool:
        """Whether an agent scales what it reports of some of them."""
        with self._database.read() as session:
            return bool(scaled_accounts(session, user_id))

    def close(self) -> None:
        """End what is being read."""
        if self._away is not None:
            self._away.stop()

    def of_person(self, user_id: int) -> PersonsTrades:
        """A person's trades, to be read again and again."""
        return PersonsTrades(
            self._database, self._facts, self._by_hand, user_id, self._away,
            gone=self._gone, most_here=self._most_here,
        )  # fmt: skip


class PersonsTrades:
    """What one person traded here: read once, and then what has changed. For one thread at a
    time."""

    def __init__(
        self, database: Database, facts: CorporateFacts, by_hand: HandVersion, user_id: int,
        away: Away | None = None, *, gone: WriteOffsOf = none_gone, most_here: int = MOST_HERE,
    ) -> None:  # fmt: skip
        self._database = database
        self._facts = facts
        self._by_hand = by_hand
        self._gone_of = gone
        self._user_id = user_id
        self._away = away
        self._most_here = most_here
        self._is_away = False
        self._begin()

    def _begin(self) -> None:
        self._version: object = None
        self._book = OwnBook()
        self._walks = Walks()
        self._shares = _Shares(self._facts)
        self._origins = Origins()
        self._named: list[Origin] = []
        self._scaled: tuple[int, ...] = ()
        self._gone: tuple[object, Mapping[PositionKey, WriteOffs]] = (self, {})
        self._candles: tuple[object, Trips] = (None, Trips())

    def read(self) -> OwnBook:
        """The round trips as they are now; the same parts where nothing has changed.

        Raises BeingRead while another process reads them.
        """
        most = None if self._away is None else self._most_here
        if self._is_away:
            self._fetch()
            most = None  # what is new since then is read here: each reading comes to an end
        try:
            with self._database.read() as session:
                self._follow(session, most)
        except ManyFills:
            self._begin()
            self._is_away = True
            return self.read()
        except BaseException:
            self._begin()  # half of a change may be in
            raise
        return self._book

    def so_far(self) -> SoFar:
        """What was read."""
        return SoFar(self._walks, self._book, self._named, self._candles)

    def _fetch(self) -> None:
        """Continue from what another process has read; from nothing where it could not."""
        if self._away is None:
            return
        try:
            found: SoFar | None = self._away.fetch(self._user_id)
        except NotRead:
            found = None
        else:
            if found is None:
                raise BeingRead
        self._is_away = False
        if found is not None:
            self._walks, self._book = found.walks, found.book
            self._named, self._candles = found.named, found.candles

    def _follow(self, session: Session, most: int | None) -> None:
        fills = fills_so_far(session, self._user_id)
        by_orders, *by_candles = portfolios.version_of_positions(session, self._user_id)
        runs = workers.version_of_runs(session, self._user_id)
        self._scaled = scaled_accounts(session, self._user_id)
        hand = self._by_hand(session, self._user_id)
        version = (fills, self._scaled, by_orders, by_candles, runs, self._facts.version, hand)
        if version == self._version:
            return
        if self._gone[0] != hand:
            self._gone = (hand, self._gone_of(session, self._user_id))
        changed = self._follow_fills(session, fills, most)
        self._read_candles(session, by_candles)
        self._origins.refresh(session, self._user_id)
        self._assemble(changed)
        self._version = version

    def _read_candles(self, session: Session, version: object) -> None:
        if self._candles[0] != version:
            rows = portfolios.positions_by_candles(session, self._user_id)
            self._candles = (version, trips_by_candles(rows))

    def _follow_fills(
        self, session: Session, fills: FillsSoFar, most: int | None
    ) -> set[bool]:  # fmt: skip
        walks, shares = self._walks, self._shares
        shares.refresh(symbol_of(key[2]) for key in walks.by_key if is_delivered(key))
        shares.by_hand = hand_actions_of_person(session, self._user_id)
        gone = self._gone[1]
        rescaled = {
            key
            for key, walk in walks.by_key.items()
            if walk.gone != gone.get(key, ())
            or (is_delivered(key) and walk.actions != shares.of(key))
        }
        held = Held(shares.of, gone)
        return walks.follow(session, self._user_id, fills, held, rescaled, most)

    def _assemble(self, changed: set[bool]) -> None:
        walks = self._walks
        named = [Origin("hand")]  # the first place is that of trips without a position
        named += [
            replace(self._origins.of(key[1], key[2]), is_scaled=key[0] in self._scaled)
            for key in walks.numbers
        ]
        if named[: len(self._named)] != self._named:
            changed = {True, False}
        self._named = named
        live, paper, candles = self._book.live, self._book.paper, self._candles[1]
        if True in changed:
            live = with_origins(walks.trips(is_real=True), named)
        if False in changed or candles is not self._book.by_candles:
            paper = with_origins(walks.trips(is_real=False), named).extended(candles)
        rows = [{}, *(one.row for one in named[1:])]
        self._book = OwnBook(live, paper, candles, rows)


class _Shares:
    """Splits and bonuses of the shares of positions. by_hand: those that a person applied."""

    def __init__(self, facts: CorporateFacts) -> None:
        self._facts = facts
        self._version = ""
        self._announced: dict[str, Actions] = {}
        self.by_hand: Mapping[PositionKey, Sequence[HandAction]] = {}

    def refresh(self, symbols: Iterable[str]) -> None:
        """Read those of shares anew, where a data set has changed."""
        if self._facts.version != self._version:
            self._version = self._facts.version
            self._announced = self._read(symbols)

    def of(self, key: PositionKey) -> Actions:
        """Those of a position's share, oldest first; one to come changes nothing before its day.

        Of a data set's and the same that a person applied (`is_applied`), the latter.
        """
        symbol = symbol_of(key[2])
        if symbol not in self._announced:
            self._announced |= self._read([symbol])
        announced = self._announced[symbol]
        applied = self.by_hand.get(key)
        if not applied:
            return announced
        found = [
            one
            for one in announced
            if all(abs(one.ex_date - other.ex_date) > SAME_WITHIN for other in applied)
        ]
        found += [
            _action(symbol, one.ex_date, ActionKind.SPLIT, one.new, one.old) for one in applied
        ]
        return tuple(sorted(found, key=lambda one: one.ex_date))

    def _read(self, symbols: Iterable[str]) -> dict[str, Actions]:
        wanted = set(symbols)
        found: dict[str, list[ShareAction]] = defaultdict(list)
        for one in self._facts.rescalings(wanted, date.max):
            kind = ActionKind(one.kind)
            found[one.symbol].append(_action(one.symbol, one.ex_date, kind, one.new, one.old))
        return {symbol: tuple(found[symbol]) for symbol in wanted}


def _action(symbol: str, ex_date: date, kind: ActionKind, new: int, old: int) -> ShareAction:
    return ShareAction(symbol=symbol, ex_date=ex_date, kind=kind, new=new, old=old)

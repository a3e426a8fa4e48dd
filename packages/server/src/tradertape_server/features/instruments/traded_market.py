"""The market that this server trades: one at a time, so that none can pass for another.

Instruments of the simulated world and of the real exchange have the same ids (`NSE:INFY`), so the
server's instruments, prices, candles and chains are all of one market. It is one for
everybody on the server, so an administrator chooses it, or whoever is alone on the server; on a
demonstration everybody does. It is kept in the database, and used from the next start on: a server
that serves itself is built anew at once, without ending its process.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.queries import is_alone
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.features.instruments.models import MarketChoiceRow
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, Forbidden
from tradertape_server.platform.http.identity import Identity

_ROW = 1
FIXED = (
    "TRADERTAPE_FEED={feed} decides what this server trades. Remove that setting and start the "
    "server again to choose another market."
)
NOT_YOURS = (
    "The market is one for everybody on this server, and you are not alone on it: an administrator "
    "chooses it."
)


class TradedMarket(StrEnum):
    """Where prices come from: our simulation, the real exchange, or a broker's sandbox."""

    SIMULATED = "simulated"
    EXCHANGE = "exchange"
    SANDBOX = "sandbox"

    @property
    def environment(self) -> Environment | None:
        """Of the broker accounts that feed it; None for the simulation."""
        return _ENVIRONMENTS.get(self)


_ENVIRONMENTS = {
    TradedMarket.EXCHANGE: Environment.LIVE,
    TradedMarket.SANDBOX: Environment.SANDBOX,
}


class MarketChoice:
    """The market of this process, and the one chosen for the next start.

    feed: the setting TRADERTAPE_FEED; a replay, and `off`, leave nothing to choose.
    """

    def __init__(self, database: Database, clock: Clock, *, feed: str = "simulated") -> None:
        self._database = database
        self._clock = clock
        self.fixed_by = "" if feed == "simulated" else FIXED.format(feed=feed)
        self.current = self.chosen()
        self.switches_itself = False  # whether this process is built anew for another choice
        self.is_for_everybody = False  # a demonstration, where nothing is at stake

    @property
    def is_due(self) -> bool:
        """Whether another market is chosen for certain: a database that is away chooses nothing."""
        if self.fixed_by:
            return False
        try:
            return self._stored() is not self.current
        except SQLAlchemyError:
            return False

    def _stored(self) -> TradedMarket:
        with self._database.read() as session:
            row = session.get(MarketChoiceRow, _ROW)
            return TradedMarket.SIMULATED if row is None else TradedMarket(row.market)

    def chosen(self) -> TradedMarket:
        """The market of the next start."""
        if self.fixed_by:
            return TradedMarket.SIMULATED
        try:
            return self._stored()
        except (OperationalError, ProgrammingError):  # a database that is not migrated yet
            return TradedMarket.SIMULATED

    def may_choose(self, user: Identity) -> bool:
        """Whether a person who is signed in may choose: their choice is everybody's."""
        if user.via != "session" or self.fixed_by:
            return False
        if user.is_admin or self.is_for_everybody:
            return True
        with self._database.read() as session:
            return is_alone(session, user.id)

    def choose(self, market: TradedMarket, user: Identity) -> None:
        """Choose the market of the next start. Raises Conflict where a setting decides, Forbidden
        for those who may not."""
        if self.fixed_by:
            raise Conflict(self.fixed_by)
        if not self.may_choose(user):
            raise Forbidden(NOT_YOURS, code="admin_only")
        with self._database.write() as session:
            session.merge(
                MarketChoiceRow(
                    id=_ROW, market=market.value, chosen_by=user.id, chosen_at=self._clock.now()
                )
            )

"""The market that this server trades: one at a time, so that none can pass for another.

Instruments of the simulated world and of the real exchange have the same ids (`NSE:INFY`), so the
server's instruments, prices, candles and chains are all of one market. It is chosen by an admin,
kept in the database, and used from the next start on: a server that serves itself is built anew at
once, without ending its process.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.brokerage.accounts import Environment
from tradertape_server.features.instruments.models import MarketChoiceRow
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict

_ROW = 1
FIXED = (
    "TRADERTAPE_FEED={feed} decides what this server trades. Remove that setting and start the "
    "server again to choose another market."
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

    def choose(self, market: TradedMarket, user_id: int) -> None:
        """Choose the market of the next start. Raises Conflict where a setting decides."""
        if self.fixed_by:
            raise Conflict(self.fixed_by)
        with self._database.write() as session:
            session.merge(
                MarketChoiceRow(
                    id=_ROW, market=market.value, chosen_by=user_id, chosen_at=self._clock.now()
                )
            )

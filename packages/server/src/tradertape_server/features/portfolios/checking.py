"""The verdict on signals before they are approved: the portfolio's own limits, the kill switch and
the person's risk rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tradertape_core.kernel.clock import Clock
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.portfolios import reading, repository
from tradertape_server.features.portfolios.live.verdicts import Verdicts
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import NotFound

Json = dict[str, Any]
WAITING = (Status.PENDING, Status.IN_CART)
MOST_JUDGED = 100  # of one list: each is judged on the trader's thread, beside orders


@dataclass(frozen=True, slots=True)
class Checking:
    """Judges signals at the time of asking; nothing is stored."""

    database: Database
    clock: Clock
    verdicts: Verdicts

    def of_waiting(self, rows: Sequence[PortfolioSignal]) -> dict[int, Json]:
        """The verdict on each that waits, of the first hundred of them."""
        return self.of([one for one in rows if one.status in WAITING][:MOST_JUDGED])

    def of(self, rows: Sequence[PortfolioSignal]) -> dict[int, Json]:
        """The verdict on each. rows: read in a transaction that is over."""
        portfolios: dict[int, Portfolio] = {}
        found: dict[int, Json] = {}
        now = self.clock.now()
        with self.database.read() as session:
            for portfolio_id in {one.portfolio_id for one in rows}:
                portfolio = portfolios[portfolio_id] = session.get_one(Portfolio, portfolio_id)
                state = reading.state_for_checks(session, portfolio)
                own = [one for one in rows if one.portfolio_id == portfolio_id]
                found |= {one.id: reading.check(state, one, now) for one in own}
            session.expunge_all()
        for one in rows:
            if one.status in WAITING:
                verdict = found[one.id]
                verdict["results"] += self.verdicts.results(one, portfolios[one.portfolio_id])
                verdict["passed"] = all(result["passed"] for result in verdict["results"])
        return found

    def signal(self, user_id: int, signal_id: int) -> PortfolioSignal:
        """One of a person's signals, outside of any transaction. Raises NotFound."""
        with self.database.read() as session:
            rows, _ = repository.signals(session, user_id, ids=(signal_id,), limit=1)
            session.expunge_all()
        if not rows:
            raise NotFound("Signal")
        return rows[0]

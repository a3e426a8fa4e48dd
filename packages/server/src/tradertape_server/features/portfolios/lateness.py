"""Portfolios whose scheduled scan has not happened in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.schedule_times import final_at, last_final_day
from tradertape_server.platform.database.engine import Database

# The schedule looks every minute, and a scan of many portfolios takes some.
GRACE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Lateness:
    """Tells which portfolios should have been scanned by now. last_day: of a data set."""

    database: Database
    clock: Clock
    last_day: Callable[[str], date]

    def of(self, rows: Sequence[Portfolio]) -> list[Portfolio]:
        """Those of these portfolios that are late."""
        now = self.clock.now()
        return [row for row in rows if self._is_late(row, now)]

    def counts(self) -> tuple[int, int]:
        """How many portfolios are scanned by schedule, and how many of them are late."""
        with self.database.read() as session:
            rows = [
                row
                for user_id in repository.users_with_active(session)
                for row in repository.portfolios(session, user_id, ("active", "paused"))
            ]
            return len(rows), len(self.of(rows))

    def _is_late(self, row: Portfolio, now: datetime) -> bool:
        final = last_final_day(now, self.last_day(row.data_set))
        if row.traded_until is not None and row.traded_until >= final:
            return False
        # A new portfolio, or one that was changed, is due from then on.
        return now - max(final_at(final), row.updated_at) > GRACE

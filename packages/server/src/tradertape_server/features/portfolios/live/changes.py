"""What a person does with a portfolio that may have orders at a venue.

The decision is stored first; orders that it ends are withdrawn next, and what needs them gone is
done last. A stop in between leaves a portfolio that is paused, and its orders marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_server.features.portfolios.live.withdrawing import Withdrawing
from tradertape_server.platform.database.engine import Database

Change = Callable[[Session], object]


@dataclass(frozen=True, slots=True)
class LiveChanges:
    """Runs changes in transactions of their own, with the venue in between."""

    database: Database
    withdrawing: Withdrawing

    def withdrawn(self, portfolio_id: int, *steps: Change) -> None:
        """Do each step in a transaction; after each, end the orders that it marked."""
        for step in steps:
            with self.database.write() as session:
                step(session)
            self.withdrawing.withdraw_marked(portfolio_id)

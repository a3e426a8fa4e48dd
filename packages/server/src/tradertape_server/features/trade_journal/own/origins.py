"""Who traded: a run, a portfolio, or a person by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from tradertape_server.features.portfolios import queries as portfolios
from tradertape_server.features.portfolios.live.run_ids import named_by
from tradertape_server.features.workers import queries as workers


@dataclass(frozen=True, slots=True)
class Origin:
    """origin: `run`, `portfolio` or `hand`; name: of the strategy or portfolio.

    is_scaled: whether an agent scales what it reports of it.
    """

    origin: str
    name: str = ""
    stop: Decimal | None = None
    is_scaled: bool = False

    @property
    def row(self) -> dict[str, Any]:
        """What the row of a trip says of it."""
        stop = None if self.stop is None else f"{self.stop:f}"
        told = {"origin": self.origin, "setup": self.name, "planned_stop": stop}
        return told | {"scaled": True} if self.is_scaled else told


@dataclass(slots=True)
class Origins:
    """A person's runs and portfolios by their run ids."""

    runs: dict[str, workers.RunOfPerson] = field(default_factory=dict[str, workers.RunOfPerson])
    names: Mapping[int, str] = field(default_factory=dict[int, str])
    stops: Mapping[str, float] = field(default_factory=dict[str, float])

    def refresh(self, session: Session, user_id: int) -> None:
        """Read what has changed."""
        self.runs = workers.runs_of_person(session, user_id, self.runs)
        self.names = portfolios.names_of(session, user_id)
        self.stops = portfolios.stops_of_runs(session, user_id)

    def of(self, run_id: str, instrument: str) -> Origin:
        """Who traded under a run id."""
        if not run_id:
            return Origin("hand")
        named = named_by(run_id)
        if named is not None:
            return Origin(
                "portfolio", self.names.get(named.portfolio_id, ""), decimal(self.stops.get(run_id))
            )
        run = self.runs.get(run_id)
        return Origin("run") if run is None else Origin("run", run.name, run.stops.get(instrument))


def decimal(price: float | None) -> Decimal | None:
    """A simulated price in rupees."""
    return None if price is None else Decimal(repr(price))

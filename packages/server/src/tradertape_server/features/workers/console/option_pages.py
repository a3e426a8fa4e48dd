"""Option runs as the console lists them; a single one is read through the worker API."""

from __future__ import annotations

from typing import Any

from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.workers.console import schemas as out
from tradertape_server.features.workers.console.pages import PageService
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_runs.documents import OptionRun, option_run_of
from tradertape_server.features.workers.option_runs.states import OptionStates, option_status
from tradertape_server.platform.http.identity import Identity

MOST_READ = 2_000


class OptionPageService:
    """Reads only; of the caller's own runs."""

    def __init__(
        self, execution: ExecutionService, pages: PageService, states: OptionStates
    ) -> None:
        self._execution = execution
        self._pages = pages
        self._states = states

    def cards(self, caller: Identity, *, finished: bool, limit: int) -> list[out.OptionRunCard]:
        """The person's option runs, newest first: those that are not closed, or all."""
        found = self._pages.runs(caller, finished=finished, limit=MOST_READ)
        chosen = [run for run in found if run.option_run is not None][:limit]
        cards = self._pages.cards_of(chosen)
        return [self._card(run, card) for run, card in zip(chosen, cards, strict=True)]

    def _card(self, run: WorkerRun, card: out.RunCard) -> out.OptionRunCard:
        option_run = option_run_of(run)
        positions = self._execution.positions(run_id=run.strategy_run_id)
        return out.OptionRunCard(
            card=card,
            option_status=option_status(run, option_run, positions),
            underlying=option_run.underlying,
            expiry=option_run.expiry,
            product=option_run.product.value,
            legs=_legs(option_run),
            premium=_premium(self._states.premium(option_run)),
            waits_for_entry=option_run.waits_for_entry,
        )


def _legs(option_run: OptionRun) -> list[out.OptionCardLeg]:
    return [
        out.OptionCardLeg(
            leg_id=leg.leg_id,
            instrument=leg.instrument,
            side=leg.side.value,
            quantity=leg.quantity,
            option_type=leg.option_type,
            strike=None if leg.strike is None else float(leg.strike),
            expiry=leg.expiry,
        )
        for leg in option_run.legs
    ]


def _premium(found: dict[str, Any] | None) -> out.OptionPremium | None:
    if found is None:
        return None
    now = found["now"]
    return out.OptionPremium(
        units=found["units"],
        entry=found["entry"]["per_unit"],
        now=None if now is None else now["per_unit"],
    )

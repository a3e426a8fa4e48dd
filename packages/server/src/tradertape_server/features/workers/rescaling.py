"""Protections of what a split or bonus changes: their levels move with the price, at once."""

from __future__ import annotations

from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.risk.protection_rescaling import rescaled
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.protections import stored, watched
from tradertape_server.features.workers.runs.batches import note
from tradertape_server.features.workers.runs.views import protection_of


def rescale_protections(uow: UnitOfWork, action: CorporateAction) -> None:
    """Carry an action through the protections that watch its instrument, within its transaction."""
    for run in repository.protected_runs(uow.session):
        before = protection_of(run)
        if action.instrument not in watched(before):
            continue
        after = rescaled(before, action)
        if after == before:
            continue
        if repository.change_protection(
            uow.session, run.strategy_run_id, version=run.protection_version, **stored(after)
        ):
            words = f"Protection moved with {action.instrument}: {action.new}:{action.old}"
            note(
                uow, run, "protection", "protection_rescaled", words,
                action_id=action.action_id, generation=after.generation,
            )  # fmt: skip

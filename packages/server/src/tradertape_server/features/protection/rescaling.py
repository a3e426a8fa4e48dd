"""A split or bonus moves the levels of the protections on its instrument with the price."""

from __future__ import annotations

from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.risk.protection_rescaling import rescaled
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.protection.owners import Owners, watched_instruments


class ProtectionRescaling:
    """Called with every corporate action, in the transaction that applies it."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def __call__(
        self, uow: UnitOfWork, action: CorporateAction, account_id: int | None = None
    ) -> None:
        """Rescale the protections that watch the action's instrument; of one account, or of all."""
        for owner in self._owners.guarded(uow.session):
            if account_id not in (None, owner.ref.account_id):
                continue
            before = owner.state()
            if action.instrument not in watched_instruments(before):
                continue
            after = rescaled(before, action)
            if after != before and self._owners.save(uow.session, [(owner, after)]):
                self._owners.note(
                    uow, owner, "protection_rescaled",
                    f"Protection moved with {action.instrument}: {action.new}:{action.old}",
                    action_id=action.action_id, generation=after.generation,
                )  # fmt: skip

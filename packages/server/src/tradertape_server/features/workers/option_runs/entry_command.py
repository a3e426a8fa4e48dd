"""Enters an option run: its legs as one basket, together with the run's own state."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_server.features.execution.orders.place import PlaceCommand
from tradertape_server.features.execution.orders.replies import Outcome
from tradertape_server.features.execution.orders.views import mode_of
from tradertape_server.features.execution.service import RunRef
from tradertape_server.features.execution.state.command import NotSettled
from tradertape_server.features.execution.state.unit_of_work import Read, UnitOfWork
from tradertape_server.features.workers import repository
from tradertape_server.features.workers.errors import AlreadyEntered, RunClosed, RunMismatch
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.option_runs.documents import (
    OPEN_TO_ENTRY,
    OptionRun,
    option_run_of,
)
from tradertape_server.features.workers.option_runs.entries import begin_entry, settle_entry
from tradertape_server.features.workers.option_runs.schemas import OptionAction
from tradertape_server.features.workers.runs.service import locked
from tradertape_server.features.workers.runs.sessions import demand_nonce
from tradertape_server.features.workers.trading.place_orders import TRADING
from tradertape_server.features.workers.trading.run_risks import RunRisks
from tradertape_server.features.workers.trading.safety_check import SafetyTokens
from tradertape_server.platform.http.identity import Identity


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where an option run is entered: venue and account."""

    venue: str
    account_scope: str
    account_id: int


class EntryAuthorization:
    """Whether an option run may be entered, which it may once: a `RunAuthorization`.

    where: of the entry; it becomes the run's own.
    """

    def __init__(
        self,
        tokens: SafetyTokens,
        risks: RunRisks,
        caller: Identity,
        run_id: str,
        action: OptionAction,
        nonce: str | None,
        *,
        key: str,
        where: EntryPlace,
    ) -> None:
        self.run_id = run_id
        self.read: Read | None = None
        self._tokens = tokens
        self._risks = risks
        self._caller = caller
        self._action = action
        self._nonce = nonce
        self._key = key
        self._where = where
        self._run: WorkerRun | None = None
        self._option_run: OptionRun | None = None
        self._token_id: str | None = None

    def authorize(self, uow: UnitOfWork, *, is_known_key: bool) -> RunRef:
        """Return the run with its limits.

        Raises UnknownRun, SessionConflict, RunClosed, AlreadyEntered, RunMismatch, TokenRefused.
        """
        run = locked(uow, self._caller, self.run_id)
        demand_nonce(run, self._caller, self._nonce)
        if not is_known_key:
            self._run, self._option_run = run, _open_to_entry(run, self._where)
            if self._action.safety_token is not None:
                self._token_id = self._tokens.check(uow, run, self._action.safety_token)
        return RunRef(
            account_id=self._where.account_id,
            run_id=self.run_id,
            venue=self._where.venue,
            risk=self._risks.of(run),
        )

    def accepted(self, uow: UnitOfWork) -> None:
        """Store that the entry has begun, and spend the safety token."""
        if self._run is None or self._option_run is None:
            return
        self._run.venue = self._where.venue
        self._run.account_scope = self._where.account_scope
        self._run.account_id = self._where.account_id
        begin_entry(uow, self._run, self._option_run, self._key)
        if self._token_id is not None:
            self._tokens.spend(uow, self._token_id)


class EnterOptionRun(PlaceCommand):
    """Place the legs, and update the run from their orders when the venue has answered."""

    __slots__ = ()

    def settle(self, uow: UnitOfWork) -> Outcome | NotSettled:
        result = super().settle(uow)
        if not isinstance(result, NotSettled) and self.is_new:
            run = repository.any_run(uow.session, self.run_id, lock=True)
            if run is not None:
                settle_entry(uow, run)
        return result


def _open_to_entry(run: WorkerRun, where: EntryPlace) -> OptionRun:
    """Raises RunClosed, AlreadyEntered, RunMismatch where the run cannot be entered now."""
    option_run = option_run_of(run)
    if run.status not in TRADING:
        raise RunClosed(run.public_id, run.status)
    if option_run.status not in OPEN_TO_ENTRY:
        raise AlreadyEntered(run.public_id, option_run.status.value)
    _check_where(run, option_run, where)
    return option_run


def _check_where(run: WorkerRun, option_run: OptionRun, where: EntryPlace) -> None:
    """An action may choose what the run's creation left to the server, and nothing else."""
    pairs = {
        "execution_mode": (mode_of(run.venue), mode_of(where.venue)),
        "account_scope": (run.account_scope, where.account_scope),
    }
    mismatches = {
        name: pair
        for name, pair in pairs.items()
        if pair[0] != pair[1] and name not in option_run.defaulted
    }
    if mismatches:
        raise RunMismatch(run.public_id, mismatches)

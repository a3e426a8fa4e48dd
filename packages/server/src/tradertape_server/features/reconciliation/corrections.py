"""Corrections of the comparison: units that a person adopts, or writes off, and takes back.

A correction moves what counts as ours in the comparison. Adopted units are an entry beside the
ledger; units that are written off leave the positions that hold them, as far as any does. It stays
what it was made as; undone it counts no longer, and what left a position returns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.reconciliation import repository, write_offs
from tradertape_server.features.reconciliation.hand_actions import HandActions, account_at
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.schemas import (
    CorporateActionIn,
    CorporateActionPreviewOut,
    CorrectionIn,
    CorrectionOut,
    DifferenceOut,
    DoneAction,
    ReconciliationOut,
)
from tradertape_server.features.reconciliation.service import ReconciliationService
from tradertape_server.features.reconciliation.write_offs import left_of
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import ApiError, Conflict, NotFound
from tradertape_server.platform.http.identity import Identity

ADOPT: Final = "adopt"
WRITE_OFF: Final = "write_off"
Wanted = CorrectionIn | CorporateActionIn


@dataclass(frozen=True, slots=True)
class Corrections:
    """Use cases of corrections; every one is in the audit log."""

    database: Database
    clock: Clock
    reconciliation: ReconciliationService
    by_hand: HandActions
    why_not_back: write_offs.WhyNotBack = write_offs.anybody

    def of(self, user_id: int) -> list[CorrectionOut]:
        """A person's corrections, newest first, undone ones too."""
        with self.database.read() as session:
            rows = repository.corrections(session, user_id)
            return [_out(row) for row in rows]

    def make(self, who: Identity, wanted: CorrectionIn, origin: RequestOrigin) -> ReconciliationOut:
        """Adopt or write off a difference as it is shown. Raises NotFound, Conflict."""
        now = self.clock.now()
        with self.database.write() as session:
            repository.lock_report(session, who.id)
            report = self.reconciliation.last(who.id)
            item = _shown(report, wanted)
            _demand(item, wanted)
            _demand_newer(report, repository.corrections(session, who.id), wanted)
            self._demand_trades(who.id, item)
            leaves = self._leaves(who.id, item) if wanted.action == WRITE_OFF else None
            if leaves is None:
                row = _row(who, item, wanted, now)
                session.add(row)
                repository.settle(session, who.id, item.account_scope, item.instrument)
                self._audit(session, who, f"reconciliation.{wanted.action}", row, origin)
        if leaves is not None:  # the trader takes them, in a transaction of its own
            self._take(who, item, wanted, leaves, now, origin)
        return self._again(who.id)

    def preview_action(self, user_id: int, wanted: CorporateActionIn) -> CorporateActionPreviewOut:
        """What a split or bonus would change. Raises NotFound, Conflict."""
        return self.by_hand.preview(user_id, self._lasting(user_id, wanted), wanted)

    def apply_action(
        self, who: Identity, wanted: CorporateActionIn, origin: RequestOrigin
    ) -> ReconciliationOut:
        """Apply a split or bonus to the positions of an account. Raises NotFound, Conflict."""
        self.by_hand.apply(who, self._lasting(who.id, wanted), wanted, origin)
        return self._again(who.id)

    def undo(self, who: Identity, correction_id: int, origin: RequestOrigin) -> ReconciliationOut:
        """Take a correction back: the difference is shown again. Raises NotFound, Conflict."""
        with self.database.write() as session:
            row = _demand_counting(session, who.id, correction_id)
            terms, scope = row.action_terms or {}, row.scope
            is_applied = row.action == repository.APPLIED
            if is_applied and terms.get("positions") == 0:
                is_applied = False  # no position was changed, only what corrections count as
            has_left = left_of(row) > 0
            if not is_applied and not has_left:
                row.undone_at = self.clock.now()
                self._audit(session, who, "reconciliation.undo", row, origin)
        if has_left:
            self._give_back(who, correction_id, terms, scope, origin)
        if is_applied:  # the trader takes it back, in a transaction of its own
            self.by_hand.undo(who, correction_id, origin)
        return self._again(who.id)

    # --- units that leave positions -----------------------------------------------------------

    def _leaves(self, user_id: int, item: DifferenceOut) -> write_offs.Wanted | None:
        """What leaves positions of ours; None where none holds any of it. Raises Conflict."""
        account_id = account_at(self.by_hand.execution, user_id, item.account_scope)
        if account_id is None:
            return None
        positions = self.by_hand.execution.positions(account_id=account_id, open_only=True)
        here = [one for one in positions if one.key.instrument == item.instrument]
        beside = self.by_hand.adopted.units(user_id, item.account_scope, item.instrument)
        if write_offs.units_of(here) + beside != item.our_quantity:
            raise Conflict(
                f"Our books have {write_offs.units_of(here) + beside} units of {item.instrument} "
                f"now, and had {item.our_quantity} when they were compared. Check again first."
            )
        held = write_offs.units_of(write_offs.holders(here, item.instrument))
        units = min(-item.difference, held)
        price = None if item.traded_price is None else Decimal(str(item.traded_price))
        if not units:
            return None
        return write_offs.Wanted(account_id, item.instrument, units, held, price)

    def _take(
        self, who: Identity, item: DifferenceOut, wanted: CorrectionIn, leaves: write_offs.Wanted,
        now: datetime, origin: RequestOrigin,
    ) -> None:  # fmt: skip
        def record(uow: UnitOfWork, row: Correction) -> None:
            self._audit(uow.session, who, "reconciliation.write_off", row, origin)

        made = write_offs.command(leaves, lambda: _row(who, item, wanted, now), record)
        self.by_hand.execution.trader.execute(made)
        with self.database.write() as session:
            repository.settle(session, who.id, item.account_scope, item.instrument)

    def _give_back(
        self, who: Identity, correction_id: int, terms: dict[str, Any], scope: str,
        origin: RequestOrigin,
    ) -> None:  # fmt: skip
        account_id = account_at(self.by_hand.execution, who.id, scope)

        def record(uow: UnitOfWork, row: Correction) -> None:
            row.undone_at = self.clock.now()
            self._audit(uow.session, who, "reconciliation.undo", row, origin)

        command = write_offs.undo_command(
            account_id or 0, terms,
            lambda uow: _demand_counting(uow.session, who.id, correction_id),
            self.why_not_back, record,
        )  # fmt: skip
        self.by_hand.execution.trader.execute(command)

    def _lasting(self, user_id: int, wanted: CorporateActionIn) -> DifferenceOut:
        """The difference as it is shown, where it has lasted. Raises NotFound, Conflict."""
        report = self.reconciliation.last(user_id)
        item = _shown(report, wanted)
        _demand_lasting(item, wanted)
        with self.database.read() as session:
            _demand_newer(report, repository.corrections(session, user_id), wanted)
        return item

    def _demand_trades(self, user_id: int, item: DifferenceOut) -> None:
        if item.trades and not self.reconciliation.is_still_uploaded(user_id, item):
            raise Conflict(
                f"The uploaded trades of {item.instrument} are no longer there: check again first."
            )

    def _again(self, user_id: int) -> ReconciliationOut:
        """The comparison with the correction; the last one where the broker cannot be read."""
        try:
            return self.reconciliation.check(user_id)
        except ApiError:
            return self.reconciliation.last(user_id)

    def _audit(
        self, session: Session, who: Identity, action: str, row: Correction, origin: RequestOrigin
    ) -> None:
        record(
            session, action, user_id=who.id, actor=who.email, origin=origin, now=self.clock.now(),
            account=row.scope, instrument=row.instrument, units=row.units,
        )  # fmt: skip


def _row(who: Identity, item: DifferenceOut, wanted: CorrectionIn, now: datetime) -> Correction:
    return Correction(
        user_id=who.id, scope=item.account_scope, instrument=item.instrument,
        action=wanted.action, units=item.difference, cause=item.classification,
        price=None if item.traded_price is None else Decimal(str(item.traded_price)),
        traded_on=item.traded_on, trade_keys=[one.key for one in item.trades],
        note=wanted.note, made_by=who.email, created_at=now,
    )  # fmt: skip


def _demand_counting(session: Session, user_id: int, correction_id: int) -> Correction:
    """A correction that counts, locked. Raises NotFound, Conflict."""
    row = repository.correction(session, user_id, correction_id)
    if row is None:
        raise NotFound("Correction")
    if row.undone_at is not None:
        raise Conflict(f"Correction {correction_id} is undone already.")
    return row


def _out(row: Correction) -> CorrectionOut:
    action: DoneAction = (
        "apply_corporate_action"
        if row.action == repository.APPLIED
        else ADOPT
        if row.action == ADOPT
        else WRITE_OFF
    )
    return CorrectionOut(
        id=row.id, scope=row.scope, instrument=row.instrument, action=action, units=row.units,
        cause=row.cause, price=None if row.price is None else float(row.price),
        traded_on=row.traded_on, note=row.note, made_by=row.made_by, created_at=row.created_at,
        undone_at=row.undone_at,
    )  # fmt: skip


def _shown(report: ReconciliationOut, wanted: Wanted) -> DifferenceOut:
    place = wanted.account_scope, wanted.instrument
    account = next((a for a in report.accounts if a.account_scope == place[0]), None)
    if account is not None and account.status in ("stale", "broker_unavailable"):
        raise Conflict("The broker was not read lately: check again before you correct anything.")
    for item in report.items:
        if (item.account_scope, item.instrument) == place:
            return item
    raise NotFound("Difference")


def _demand(item: DifferenceOut, wanted: CorrectionIn) -> None:
    _demand_lasting(item, wanted)
    if item.can_correct is None:
        raise Conflict(
            f"Our last fill of {item.instrument} was less than two minutes ago, and the broker's "
            "books may follow it: check again then."
        )
    fits: Callable[[int], bool] = (
        (lambda units: units > 0) if wanted.action == ADOPT else (lambda units: units < 0)
    )
    if not fits(item.difference):
        words = (
            "The broker holds fewer units than our books: write them off."
            if wanted.action == ADOPT
            else "The broker holds more units than our books: adopt them."
        )
        raise Conflict(words)


def _demand_lasting(item: DifferenceOut, wanted: Wanted) -> None:
    if item.difference != wanted.difference:
        raise Conflict(
            f"The difference of {item.instrument} is {item.difference} units now, not "
            f"{wanted.difference}. Look at it again."
        )
    if item.status != "drift":
        raise Conflict(
            f"{item.instrument} was seen to differ once. Check again in half a minute: what lasts "
            "can be corrected."
        )


def _demand_newer(report: ReconciliationOut, made: Sequence[Correction], wanted: Wanted) -> None:
    """A comparison that began before the last correction does not have it: it counts once."""
    place = wanted.account_scope, wanted.instrument
    for row in made:
        is_new = report.checked_at is None or row.created_at > report.checked_at
        if (row.scope, row.instrument) == place and row.undone_at is None and is_new:
            raise Conflict(f"{wanted.instrument} was corrected a moment ago: check again first.")

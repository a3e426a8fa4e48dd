"""Corporate actions that a person applies to an account at a broker: looked at, done, taken back.

It is for a split or bonus that no data set has. Unlike the other corrections it changes positions:
their units and average price, and the stop and target that guard them, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.hand_actions import HandAction, hand_actions
from tradertape_core.ledger.position import Position
from tradertape_server.features.auth.audit import RequestOrigin, record
from tradertape_server.features.execution.scheduled.corporate_actions import Also
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.trading_accounts import BROKER
from tradertape_server.features.reconciliation import repository
from tradertape_server.features.reconciliation.adopted import Adopted
from tradertape_server.features.reconciliation.hand_commands import (
    ApplyByHand,
    TakeBack,
    after,
    quantity_of,
)
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.reading import owner_of
from tradertape_server.features.reconciliation.repository import APPLIED
from tradertape_server.features.reconciliation.schemas import (
    CorporateActionIn,
    CorporateActionPreviewOut,
    DifferenceOut,
    PositionChangeOut,
)
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict, NotFound
from tradertape_server.platform.http.identity import Identity

LONGEST_AGO: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Beside:
    """Units that corrections count beside the positions: now, and after an action."""

    units: int
    after: int


@dataclass(frozen=True, slots=True)
class HandActions:
    """adopted: units beside the positions. also: what else moves with the units. also_back: the
    same when it is taken back."""

    database: Database
    clock: Clock
    execution: ExecutionService
    adopted: Adopted
    also: Also
    also_back: Also

    def preview(
        self, user_id: int, item: DifferenceOut, wanted: CorporateActionIn
    ) -> CorporateActionPreviewOut:
        """What would become of the positions. Nothing is changed. Raises Conflict, NotFound."""
        hand = self._hand(wanted, self.clock.now())
        held = self._held(self._account(user_id, wanted.account_scope), wanted.instrument)
        changed = after(held, hand.action(wanted.instrument))
        beside = self._beside(user_id, wanted, hand)
        return CorporateActionPreviewOut(
            account_scope=wanted.account_scope, instrument=wanted.instrument,
            broker_quantity=item.broker_quantity,
            quantity_after=quantity_of(changed) + beside.after,
            adopted=beside.units, adopted_after=beside.after,
            refused=_why_not(item, held, changed, beside),
            positions=[_change(*pair) for pair in zip(held, changed, strict=True)],
        )  # fmt: skip

    def apply(
        self, who: Identity, item: DifferenceOut, wanted: CorporateActionIn, origin: RequestOrigin
    ) -> None:
        """Do it, once for a difference. Raises Conflict where it would not settle it, NotFound."""
        now = self.clock.now()
        hand, account_id = self._hand(wanted, now), self._account(who.id, wanted.account_scope)
        held = self._held(account_id, wanted.instrument)
        changed = after(held, hand.action(wanted.instrument))
        refused = _why_not(item, held, changed, self._beside(who.id, wanted, hand))
        if refused is not None:
            raise Conflict(refused)
        row = Correction(
            user_id=who.id, scope=wanted.account_scope, instrument=wanted.instrument,
            action=APPLIED, units=item.difference, cause=item.classification,
            action_terms={
                "new": hand.new, "old": hand.old, "ex_date": hand.ex_date.isoformat(),
                "positions": sum(a != b for a, b in zip(held, changed, strict=True)),
            },
            note=wanted.note, made_by=who.email, created_at=now,
        )  # fmt: skip

        def keep(uow: UnitOfWork) -> None:
            uow.session.add(row)
            self._audit(uow.session, who, "apply_corporate_action", row, hand, origin)

        seen = quantity_of(held), quantity_of(changed)
        command = ApplyByHand(
            hand, wanted.instrument, self.execution.gtt, self.also, account_id, seen=seen,
            record=keep,
        )  # fmt: skip
        self.execution.trader.execute(command)
        with self.database.write() as session:
            repository.settle(session, who.id, wanted.account_scope, wanted.instrument)

    def undo(self, who: Identity, correction_id: int, origin: RequestOrigin) -> None:
        """Take it back from what is left of the units. Raises NotFound, Conflict."""
        with self.database.read() as session:
            known = {row.id: row for row in repository.corrections(session, who.id)}
            row = known.get(correction_id)
            if row is None:
                raise NotFound("Correction")
            scope, name, made_at = row.scope, row.instrument, row.created_at
        account_id = self._account(who.id, scope)
        hand = self._applied(account_id, name, made_at)

        def keep(uow: UnitOfWork) -> None:
            row = repository.correction(uow.session, who.id, correction_id)
            if row is None or row.undone_at is not None:
                raise Conflict(f"Correction {correction_id} is undone already.")
            row.undone_at = self.clock.now()
            self._audit(uow.session, who, "undo", row, hand, origin)

        command = TakeBack(
            hand, name, self.execution.gtt, self.also_back, account_id, record=keep
        )  # fmt: skip
        self.execution.trader.execute(command)

    # --- inside -------------------------------------------------------------------------------

    def _hand(self, wanted: CorporateActionIn, now: datetime) -> HandAction:
        today = now.astimezone(IST).date()
        if not today - LONGEST_AGO <= wanted.ex_date <= today:
            raise Conflict(
                f"An ex date is one of the last {LONGEST_AGO.days} days, today at the latest."
            )
        return HandAction(_name(now), wanted.ex_date, wanted.new, wanted.old)

    def _beside(self, user_id: int, wanted: CorporateActionIn, hand: HandAction) -> Beside:
        place = user_id, wanted.account_scope, wanted.instrument
        return Beside(
            self.adopted.units(*place), self.adopted.units(*place, hand.action(wanted.instrument))
        )

    def _account(self, user_id: int, scope: str) -> int:
        found = account_at(self.execution, user_id, scope)
        if found is None:
            raise NotFound("Account")
        return found

    def _held(self, account_id: int, name: str) -> list[Position]:
        found = self.execution.positions(account_id=account_id, open_only=True)
        return [one for one in found if one.key.instrument == name]

    def _applied(self, account_id: int, name: str, made_at: datetime) -> HandAction:
        for position in self._held(account_id, name):
            for one in hand_actions(position.actions):
                if one.name == _name(made_at):
                    return one
        raise Conflict(
            f"Nothing is left of the units of {name} that were changed: there is nothing to undo."
        )

    def _audit(
        self, session: Session, who: Identity, action: str, row: Correction, hand: HandAction,
        origin: RequestOrigin,
    ) -> None:  # fmt: skip
        record(
            session, f"reconciliation.{action}", user_id=who.id, actor=who.email, origin=origin,
            now=self.clock.now(), account=row.scope, instrument=row.instrument, units=row.units,
            ratio=f"{hand.new}:{hand.old}", ex_date=hand.ex_date.isoformat(),
        )  # fmt: skip


def account_at(execution: ExecutionService, user_id: int, scope: str) -> int | None:
    """The id of a person's account at a broker; None where it never traded here."""
    found = (
        one.id for one in execution.accounts(user_id) if (one.scope, one.kind) == (scope, BROKER)
    )
    return next(found, None)


def _name(made_at: datetime) -> str:
    return f"{made_at.astimezone(UTC):%Y%m%dT%H%M%S%f}"


def _why_not(
    item: DifferenceOut, held: list[Position], changed: list[Position], beside: Beside
) -> str | None:
    units, units_after = quantity_of(held) + beside.units, quantity_of(changed) + beside.after
    if units != item.our_quantity:
        return (
            f"Our books hold {units} units now, and {item.our_quantity} when they were compared. "
            "Check again first."
        )
    if units_after != item.broker_quantity:
        return (
            f"{units} units would become {units_after}, and the broker holds "
            f"{item.broker_quantity}. Check the ratio and the ex date: units bought on the ex date "
            "or later stay as they are."
        )
    return None


def _change(before: Position, now: Position) -> PositionChangeOut:
    return PositionChangeOut(
        owner=owner_of(before),
        quantity=before.quantity, quantity_after=now.quantity,
        average_price=float(before.average_price), average_price_after=float(now.average_price),
    )  # fmt: skip

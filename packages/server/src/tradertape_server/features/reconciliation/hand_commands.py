"""What the trader does for a corporate action by hand: checked and done in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tradertape_core.ledger.corporate import CorporateAction, apply_action, is_touched
from tradertape_core.ledger.hand_actions import HandAction, is_applied
from tradertape_core.ledger.position import Position
from tradertape_server.features.execution.gtt.gtt_commands import GttCommands
from tradertape_server.features.execution.scheduled.corporate_actions import Adjust, Also
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.platform.errors import Conflict

KIND = "split or bonus"
Step = Callable[[UnitOfWork], None]


class ApplyByHand(Adjust):
    """Carry a person's action through what an account holds, and record it.

    seen: units that the person was shown before, and will have afterwards. Raises Conflict where
    the positions are others by now: nothing is changed then.
    """

    __slots__ = ("_hand", "_id", "_instrument", "_record", "_seen")

    def __init__(
        self, hand: HandAction, instrument: str, gtts: GttCommands, also: Also, account_id: int,
        *, seen: tuple[int, int], record: Step,
    ) -> None:  # fmt: skip
        super().__init__(hand.action(instrument), KIND, gtts, also, account_id)
        self._hand, self._instrument, self._id = hand, instrument, account_id
        self._seen, self._record = seen, record

    def decide(self, uow: UnitOfWork) -> None:
        action = self._hand.action(self._instrument)
        held = uow.positions_in(self._instrument, self._id)
        units = quantity_of(held), quantity_of(after(held, action))
        if units != self._seen:
            raise Conflict(
                f"Our books have {units[0]} units of {self._instrument} now, and would have "
                f"{units[1]}. Check again first."
            )
        super().decide(uow)
        self._record(uow)


class TakeBack(Adjust):
    """Carry the opposite through what is left of it, whole units alone. Raises Conflict."""

    __slots__ = ("_hand", "_id", "_instrument", "_record")

    def __init__(
        self, hand: HandAction, instrument: str, gtts: GttCommands, also: Also, account_id: int,
        *, record: Step,
    ) -> None:  # fmt: skip
        super().__init__(hand.undoing(instrument), "undo of", gtts, also, account_id)
        self._hand, self._instrument, self._id = hand, instrument, account_id
        self._record = record

    def decide(self, uow: UnitOfWork) -> None:
        self._demand_whole(uow.positions_in(self._instrument, self._id))
        super().decide(uow)
        self._record(uow)

    def _demand_whole(self, held: Sequence[Position]) -> None:
        hand, name = self._hand, self._instrument
        touched = [one for one in held if is_touched(one, hand.ex_date)]
        if not touched or any(hand.action_id not in one.actions for one in touched):
            raise Conflict(
                f"The positions in {name} are no longer those that were changed: correct what "
                "differs now."
            )
        for before, now in zip(touched, after(touched, hand.undoing(name)), strict=True):
            if now.quantity * hand.new != before.quantity * hand.old:
                raise Conflict(
                    f"{before.quantity} units of {name} were {hand.old} for every {hand.new}: that "
                    "is no whole number. Part of them was traded since, so it stays applied."
                )


def quantity_of(held: Sequence[Position]) -> int:
    """Units of all positions together."""
    return sum(one.quantity for one in held)


def after(held: Sequence[Position], action: CorporateAction) -> list[Position]:
    """The positions as they will be."""
    return [one if is_applied(action, one.actions) else apply_action(one, action) for one in held]

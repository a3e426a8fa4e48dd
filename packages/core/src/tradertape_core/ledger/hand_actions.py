"""Corporate actions that a person applies: no data set has announced them, or not yet.

The id of such an action says all of it, so that a position that has been through one can be taken
back, and so that the same action in a data set, days later, is known to be the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tradertape_core.kernel.errors import InvalidInput
from tradertape_core.ledger.corporate import CorporateAction

SAME_WITHIN: Final = timedelta(days=10)  # a person may know another ex date than the data set has
BY_HAND, _TAKEN_BACK = "by-hand", "taken-back"


@dataclass(frozen=True, slots=True)
class HandAction:
    """`new` units for every `old` one held before `ex_date`, applied by a person. name: of a few
    letters and digits, unique within an account."""

    name: str
    ex_date: date
    new: int
    old: int

    def __post_init__(self) -> None:
        if ":" in self.name or not self.name:
            raise InvalidInput("the name of an action has letters and digits, and no colon")

    @property
    def action_id(self) -> str:
        """What positions remember it by."""
        return f"{BY_HAND}:{self.name}:{self.ex_date.isoformat()}:{self.new}:{self.old}"

    @property
    def taken_back_id(self) -> str:
        """What positions remember its undoing by."""
        return f"{_TAKEN_BACK}:{self.action_id}"

    def action(self, instrument: str) -> CorporateAction:
        """The action as positions go through it."""
        return CorporateAction(
            action_id=self.action_id, instrument=instrument, ex_date=self.ex_date,
            new=self.new, old=self.old,
        )  # fmt: skip

    def undoing(self, instrument: str) -> CorporateAction:
        """Its opposite."""
        return CorporateAction(
            action_id=self.taken_back_id, instrument=instrument, ex_date=self.ex_date,
            new=self.old, old=self.new,
        )  # fmt: skip


def hand_actions(been_through: Collection[str]) -> list[HandAction]:
    """Return the actions applied by a person, and not taken back, among ids of actions."""
    known = set(been_through)
    found = [_parsed(one) for one in been_through]
    return [one for one in found if one is not None and one.taken_back_id not in known]


def is_applied(action: CorporateAction, been_through: Collection[str]) -> bool:
    """Whether what has been through these actions has been through this one.

    Also where a person applied it before a data set had it: one with an ex date close to its own.
    Several actions of one day (a bonus and a split) are one to a person.
    """
    if action.action_id in been_through:
        return True
    if action.action_id.startswith((f"{BY_HAND}:", f"{_TAKEN_BACK}:")):
        return False
    applied = hand_actions(been_through)
    return any(abs(one.ex_date - action.ex_date) <= SAME_WITHIN for one in applied)


def is_taken_back(action: CorporateAction) -> bool:
    """Whether it is the opposite of one that a person had applied."""
    return action.action_id.startswith(f"{_TAKEN_BACK}:")


def _parsed(action_id: str) -> HandAction | None:
    if not action_id.startswith(f"{BY_HAND}:"):
        return None
    _, name, ex_date, new, old = action_id.split(":")
    return HandAction(name, date.fromisoformat(ex_date), int(new), int(old))

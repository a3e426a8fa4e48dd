"""Units that a person adopted or wrote off, as many as they are after later splits and bonuses.

Also what a price or number of units of a former day is in terms of today's shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Protocol

from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.ledger.corporate import CorporateAction
from tradertape_core.ledger.hand_actions import SAME_WITHIN
from tradertape_server.features.market.corporate_facts import Rescaling
from tradertape_server.features.reconciliation import repository
from tradertape_server.features.reconciliation.models import Correction
from tradertape_server.features.reconciliation.write_offs import left_of
from tradertape_server.platform.database.engine import Database

OWNERS = {"adopt": "adopted", "write_off": "written off"}
Corrected = dict[str, tuple[tuple[str, int], ...]]  # by instrument: owner and units


class Rescalings(Protocol):
    """Splits and bonuses that a data set has."""

    def rescalings(self, symbols: Collection[str], until: date) -> Sequence[Rescaling]: ...


@dataclass(frozen=True, slots=True)
class Basis:
    """The splits and bonuses that an instrument has been through, oldest first."""

    actions: tuple[CorporateAction, ...] = ()

    def units(self, units: int, since: date) -> int:
        """Units that were held since a day, as many as they are today."""
        for one in self._after(since):
            units = one.units(units)
        return units

    def price(self, price: Decimal, since: date) -> Decimal:
        """A price of a day, for a share of today."""
        for one in self._after(since):
            price = one.price(price)
        return price

    def with_action(self, action: CorporateAction | None) -> Basis:
        """The same with one more."""
        if action is None:
            return self
        more = (*self.actions, action)
        return replace(self, actions=tuple(sorted(more, key=lambda one: one.ex_date)))

    def _after(self, since: date) -> list[CorporateAction]:
        return [one for one in self.actions if since < one.ex_date]


@dataclass(frozen=True, slots=True)
class Adopted:
    """Reads corrections in terms of today's shares."""

    database: Database
    clock: Clock
    facts: Rescalings

    def of(self, user_id: int, scope: str) -> Corrected:
        """What is corrected of an account: as whose units it counts, and how many."""
        found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        counting, bases = self._read(user_id, scope)
        for row in counting:
            if row.action in OWNERS:
                units = bases[row.instrument].units(beside(row), _day(row))
                found[row.instrument][OWNERS[row.action]] += units
        return {
            name: tuple((owner, units) for owner, units in owners.items() if units)
            for name, owners in found.items()
        }

    def units(
        self, user_id: int, scope: str, instrument: str, also: CorporateAction | None = None
    ) -> int:
        """Units that are corrected of an instrument, as they are after one more action."""
        counting, bases = self._read(user_id, scope)
        return sum(
            bases[instrument].with_action(also).units(beside(row), _day(row))
            for row in counting
            if row.instrument == instrument and row.action in OWNERS
        )

    def bases(self, user_id: int, scope: str, instruments: Collection[str]) -> dict[str, Basis]:
        """The splits and bonuses of instruments, with those that were applied by hand."""
        counting, known = self._read(user_id, scope)
        return {
            name: known[name] if name in known else self._basis(name, counting)
            for name in instruments
        }

    def used_trades(self, user_id: int, scope: str) -> frozenset[str]:
        """Uploaded trades that a correction has taken its units from."""
        counting, _ = self._read(user_id, scope)
        return frozenset(key for row in counting for key in row.trade_keys)

    def _read(self, user_id: int, scope: str) -> tuple[list[Correction], dict[str, Basis]]:
        with self.database.read() as session:
            rows = repository.corrections(session, user_id, scope=scope)
            session.expunge_all()
        counting = [row for row in rows if row.undone_at is None]
        names = {row.instrument for row in counting}
        return counting, {name: self._basis(name, counting) for name in names}

    def _basis(self, name: str, counting: Sequence[Correction]) -> Basis:
        """Of both a data set's action and the same that was applied by hand, the latter."""
        by_hand = [
            action
            for row in counting
            if row.instrument == name and (action := applied_action(row)) is not None
        ]
        today = self.clock.now().astimezone(IST).date()
        announced = [
            CorporateAction(
                action_id=one.action_id, instrument=name, ex_date=one.ex_date, new=one.new,
                old=one.old,
            )
            for one in self.facts.rescalings({name.partition(":")[2]}, today)
            if all(abs(one.ex_date - other.ex_date) > SAME_WITHIN for other in by_hand)
        ]  # fmt: skip
        both = sorted((*announced, *by_hand), key=lambda one: one.ex_date)
        return Basis(tuple(both))


def beside(row: Correction) -> int:
    """Units of a correction that count beside the positions: those that have left them do not."""
    return row.units + left_of(row)


def applied_action(row: Correction) -> CorporateAction | None:
    """The split or bonus that a person applied by a correction; None of another one."""
    terms = row.action_terms
    if row.action != repository.APPLIED or terms is None:
        return None
    return CorporateAction(
        action_id=f"correction:{row.id}", instrument=row.instrument,
        ex_date=date.fromisoformat(terms["ex_date"]), new=terms["new"], old=terms["old"],
    )  # fmt: skip


def _day(row: Correction) -> date:
    return row.created_at.astimezone(IST).date()

"""Reading a protection's document and arming it on a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.ledger.position import Position
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.codec import to_document
from tradertape_core.risk.protection_document import BackendProtection, read_protection
from tradertape_core.risk.protection_state import ProtectionState, anew, arm
from tradertape_server.features.execution.ports import Market
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.views import protection_of

Json = dict[str, Any]
ByToken = Callable[[int], Instrument | None]


@dataclass(frozen=True, slots=True)
class Arming:
    """A protection with the instruments of its positions."""

    protection: BackendProtection
    instruments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instruments:
    """Finds what a protection names."""

    market: Market
    by_token: ByToken

    def find(self, name: str | None, token: int | None) -> Instrument | None:
        """By `NSE:INFY`, else by token."""
        found = self.market.instrument(name) if name else None
        return found or (self.by_token(token) if token is not None else None)


def arming(instruments: Instruments, document: Any, *, at: str = "/backend_protection") -> Arming:
    """Read a protection. Raises InvalidDocument for a broken rule or an unknown instrument."""
    protection = read_protection(document, at=at)
    names: list[str] = []
    problems: list[Problem] = []
    for index, position in enumerate(protection.positions):
        name, token = position.instrument, position.instrument_token
        found, where = instruments.find(name, token), f"{at}/positions/{index}"
        if found is None:
            asked = name or position.symbol or token
            hint = "" if name or not position.symbol else "; write it as NSE:INFY"
            problems.append(Problem(f"{where}/symbol", f"{asked} is not a known instrument{hint}"))
        elif token not in (None, found.instrument_token):
            message = f"{found.id} has the token {found.instrument_token}"
            problems.append(Problem(f"{where}/instrument_token", message))
        else:
            names.append(found.id)
    if problems:
        raise InvalidDocument(problems)
    return Arming(protection, tuple(names))


def armed_values(
    run: WorkerRun,
    wanted: Arming,
    now: datetime,
    *,
    reason: str | None,
    reset_trailing: bool = True,
) -> Json:
    """The columns of a run after arming. Raises InvalidInput while a trigger is being settled."""
    state = arm(
        protection_of(run),
        wanted.protection,
        instruments=wanted.instruments,
        now=now,
        reason=reason,
        reset_trailing=reset_trailing,
    )
    return {**stored(state), "protection_version": (run.protection_version or 0) + 1}


def unarmed_values(run: WorkerRun, now: datetime, *, reason: str) -> Json:
    """The columns of a run that is opened again: what guarded its earlier life guards nothing."""
    state = anew(protection_of(run), now=now, reason=reason)
    return {**stored(state), "protection_version": (run.protection_version or 0) + 1}


def stored(state: ProtectionState) -> Json:
    """A protection's state as the columns of its run."""
    return {"protection": to_document(state), "protection_status": state.status.value}


def watched(state: ProtectionState, positions: Sequence[Position] = ()) -> frozenset[str]:
    """The instruments whose ticks a protection looks at.

    positions: the run's; a basket that names none of them is all of them.
    """
    if state.legs or state.basket is None:
        return frozenset(leg.instrument for leg in state.legs)
    return frozenset(one.key.instrument for one in positions if one.is_open)

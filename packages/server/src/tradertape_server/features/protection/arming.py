"""Reading a protection's document and arming it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.market.instrument import Instrument
from tradertape_core.risk.protection_document import BackendProtection, read_protection
from tradertape_core.risk.protection_state import ProtectionState, arm
from tradertape_server.features.execution.ports import Market
from tradertape_server.platform.errors import Conflict

ByToken = Callable[[int], Instrument | None]


@dataclass(frozen=True, slots=True)
class Arming:
    """A protection with the instrument ids of its positions, in their order."""

    protection: BackendProtection
    instruments: tuple[str, ...]

    def applied_to(
        self,
        state: ProtectionState,
        now: datetime,
        *,
        reason: str | None,
        reset_trailing: bool = True,
    ) -> ProtectionState:
        """The state after arming. Raises InvalidInput while a triggered exit is not done."""
        return arm(
            state,
            self.protection,
            instruments=self.instruments,
            now=now,
            reason=reason,
            reset_trailing=reset_trailing,
        )

    def replacing(
        self,
        state: ProtectionState,
        now: datetime,
        *,
        reason: str | None,
        reset_trailing: bool = True,
    ) -> ProtectionState:
        """The state after somebody changed it. Raises Conflict while a triggered exit is not done.

        As `applied_to` otherwise.
        """
        try:
            return self.applied_to(state, now, reason=reason, reset_trailing=reset_trailing)
        except InvalidInput as error:
            raise Conflict(error.message, code="protection_exiting") from None


NO_RULES = Arming(BackendProtection(enabled=False), ())


@dataclass(frozen=True, slots=True)
class Instruments:
    """Finds the instruments that a protection names."""

    market: Market
    by_token: ByToken

    def find(self, name: str | None, token: int | None) -> Instrument | None:
        """By `NSE:INFY`, else by token."""
        found = self.market.instrument(name) if name else None
        return found or (self.by_token(token) if token is not None else None)


def read_arming(
    instruments: Instruments, document: Any, *, at: str = "/backend_protection"
) -> Arming:
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

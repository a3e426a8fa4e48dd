"""The account setting under which the server sees scaled quantities alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.models import AgentSetting
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Conflict


@dataclass(frozen=True, slots=True)
class Obfuscation:
    """Reads and stores the setting."""

    database: Database
    clock: Clock

    def is_on(self, user_id: int) -> bool:
        """Whether a person's account is obfuscated."""
        with self.database.read() as session:
            return is_on(session, user_id)

    def set(self, session: Session, user_id: int, *, on: bool) -> bool:
        """Turn it on or off, in the caller's transaction; whether that changed anything."""
        row = repository.setting(session, user_id)
        if row is None:
            row = AgentSetting(user_id=user_id, obfuscation=False, changed_at=self.clock.now())
            session.add(row)
        changed = row.obfuscation is not on
        row.obfuscation, row.changed_at = on, self.clock.now()
        session.flush()
        return changed

    def demand_scaled(self, user_id: int, *, scaled: bool) -> None:
        """Raise Conflict for real figures of an obfuscated account: they are not stored."""
        with self.database.read() as session:
            demand_scaled(session, user_id, scaled=scaled)

    def demand_off(self, user_id: int) -> None:
        """Raise Conflict where a session at a broker would show real holdings to this server."""
        with self.database.read() as session:
            demand_off(session, user_id)


def demand_scaled(session: Session, user_id: int, *, scaled: bool) -> None:
    """Raise Conflict for real figures of an obfuscated account: they are not stored."""
    if not scaled and is_on(session, user_id):
        raise Conflict(
            "Obfuscation is on: send scaled values, with `scaled` true and a `factor_id`.",
            code="obfuscation_required",
        )


def demand_off(session: Session, user_id: int) -> None:
    """Raise Conflict where a session at a broker would show real holdings to this server."""
    if is_on(session, user_id):
        raise Conflict("Obfuscation is on: connect the broker on the agent", code="obfuscation_on")


def is_on(session: Session, user_id: int) -> bool:
    """Whether a person's account is obfuscated."""
    row = repository.setting(session, user_id)
    return row is not None and row.obfuscation

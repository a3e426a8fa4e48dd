"""Kill switches that were turned on or off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from tradertape_server.features.auth import queries as accounts
from tradertape_server.features.execution import queries
from tradertape_server.features.execution.halts import Halt
from tradertape_server.features.notifications.publishing import Notice
from tradertape_server.features.notifications.sources.source import Found, Json


@dataclass(frozen=True, slots=True)
class KillSwitchSource:
    """Compares the switches that are on with those that were. The server's concerns everybody."""

    name: str = "kill_switches"

    def read(self, session: Session, state: Json | None, now: datetime) -> Found:
        """What was turned on or off since."""
        halts = {_key(one): one for one in queries.halts(session)}
        on = {key: one.user_id for key, one in halts.items()}
        was: Json = {} if state is None else state["on"]
        notices = [
            Notice(
                user_id, "kill_switch.on", key, "Kill switch on",
                f"Nothing new is opened: {halts[key].words}. Exits and cancellations are allowed.",
                halts[key].since, "/",
            )
            for key in on.keys() - was.keys()
            for user_id in _concerned(session, on[key])
        ]  # fmt: skip
        notices += [
            Notice(
                user_id, "kill_switch.off", f"{key}:off", "Kill switch off",
                "Orders may be placed again.", now, "/",
            )
            for key in was.keys() - on.keys()
            for user_id in _concerned(session, was[key])
        ]  # fmt: skip
        return Found(notices, {"on": on})


def _key(halt: Halt) -> str:
    whose = "server" if halt.user_id is None else str(halt.user_id)
    return f"kill_switch:{whose}:{halt.since.isoformat()}"


def _concerned(session: Session, user_id: int | None) -> Iterable[int]:
    return [one.id for one in accounts.all_accounts(session)] if user_id is None else [user_id]

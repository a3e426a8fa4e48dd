"""Leases: which installation may send the order of an attempt.

One is given once. When it ends without a report, the installation may have sent the order before it
went silent, so that nobody else gets it until a person says that it was not sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.models import AgentLease
from tradertape_server.features.portfolios.handing import Handed, Handing
from tradertape_server.platform.database.engine import Database

LEASE = timedelta(seconds=90)
LEASED, WITHDRAWN, REPORTED = "leased", "withdrawn", "reported"


@dataclass(frozen=True, slots=True)
class Leases:
    """Gives leases; one transaction each."""

    database: Database
    clock: Clock
    handing: Handing

    def acquire(
        self, user_id: int, instance: str, handed: Sequence[Handed], *, scaled: bool
    ) -> dict[str, AgentLease]:
        """Lease what is free to an installation and extend what it has; its leases by key.

        scaled: whether the account is obfuscated. An exit is counted as its entry was: the units of
        a position are not others because the setting has changed since.
        """
        if not handed:
            return {}
        now, mine = self.clock.now(), dict[str, AgentLease]()
        with self.database.write() as session:
            known = self._locked(session, user_id, handed)
            runs = repository.scaled_runs(session, user_id, {one.asked.run_id for one in handed})
            marked = set[int]()
            for one in handed:
                row = known.get(one.key)
                if row is None:
                    row = _new(user_id, instance, one, LEASED, now)
                    row.is_scaled = runs.get(one.asked.run_id, scaled)
                    session.add(row)
                    if row.is_scaled and not one.portfolio.is_scaled:
                        marked.add(one.portfolio.id)
                if row.state == LEASED and row.instance == instance:
                    row.lease_until = now + LEASE
                    mine[row.key] = row
            if marked:
                self.handing.mark_scaled(session, marked, scaled=True)
            session.flush()
            session.expunge_all()
        return mine

    def withdraw(self, user_id: int, handed: Handed) -> bool:
        """Mark an attempt as taken back; False where an installation has it."""
        with self.database.write() as session:
            row = self._locked(session, user_id, (handed,)).get(handed.key)
            if row is None:
                session.add(_new(user_id, "", handed, WITHDRAWN, self.clock.now()))
                return True
            return row.state == WITHDRAWN

    def of(self, user_id: int, handed: Sequence[Handed]) -> dict[str, AgentLease]:
        """The leases of these attempts."""
        with self.database.read() as session:
            found = repository.leases(session, user_id, [one.key for one in handed])
            session.expunge_all()
        return found

    def scaled_runs(self, user_id: int, run_ids: Collection[str]) -> dict[str, bool]:
        """Whether positions of which something was handed out are in scaled units, by run id."""
        with self.database.read() as session:
            return repository.scaled_runs(session, user_id, run_ids)

    def _locked(
        self, session: Session, user_id: int, handed: Sequence[Handed]
    ) -> dict[str, AgentLease]:
        self.database.advisory_lock(session, f"agent-leases:{user_id}")
        return repository.leases(session, user_id, [one.key for one in handed])


def _new(user_id: int, instance: str, one: Handed, state: str, now: datetime) -> AgentLease:
    asked = one.asked
    return AgentLease(
        user_id=user_id, key=one.key, signal_id=one.signal.id, symbol=one.signal.symbol,
        side=one.signal.side, run_id=asked.run_id,
        gtt_id=None if asked.gtt is None else asked.gtt.trigger_id,
        order_id=None if asked.order is None else asked.order.order_id,
        instance=instance, state=state, leased_at=now, lease_until=now + LEASE,
        cancel_wanted=False,
    )  # fmt: skip

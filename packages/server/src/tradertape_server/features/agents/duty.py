"""What is due without a poll: agents that fell silent, and what nobody took in time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from tradertape_core.kernel.clock import IST, Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.instances import ONLINE_WITHIN
from tradertape_server.features.agents.models import AgentInstance
from tradertape_server.features.agents.polling import Polling
from tradertape_server.features.notifications.publishing import Notice, Publisher
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.errors import Unavailable
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S: Final = 15.0

logger = get_logger(__name__)


@dataclass(slots=True)
class AgentDuty:
    """A duty of the process that trades, on a thread of its own."""

    database: Database
    clock: Clock
    polling: Polling
    publisher: Publisher
    log: JobLog = field(default_factory=JobLog)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="agents", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def step(self) -> None:
        """Do what is due once."""
        self.tell_silent()
        self.take_back()

    def tell_silent(self) -> int:
        """Tell people that an agent was online and is silent, once; how many."""
        before = self.clock.now() - ONLINE_WITHIN
        with self.database.read() as session:
            if not repository.silent_instances(session, before):
                return 0
        with self.database.write() as session:
            found = repository.silent_instances(session, before)
            for row in found:
                row.is_watched = False
                self.publisher.publish(session, [self._notice(row)])
            return len(found)

    def take_back(self) -> None:
        """Take back what is over and no agent has taken."""
        with self.database.read() as session:
            people = list(session.scalars(select(AgentInstance.user_id).distinct()))
        for user_id in people:
            try:
                self.polling.take_back(user_id, self.polling.handing.asked(user_id))
            except Unavailable:
                return  # trading is paused: the next look tries again

    def _notice(self, row: AgentInstance) -> Notice:
        at = row.last_seen_at.astimezone(IST)
        text = (
            f"Nothing was heard of the agent {row.instance} since {at:%d %b %H:%M} IST. Signals of "
            "portfolios that it executes wait; its orders at the broker are not affected."
        )
        return Notice(
            row.user_id, "agent.offline", f"agent:{row.instance}:{row.last_seen_at.isoformat()}",
            f"Agent {row.instance} is offline", text, self.clock.now(), "/settings?tab=agent",
            {"instance": row.instance},
        )  # fmt: skip

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                with self.log.running("agents"):
                    self.step()
            except Exception:
                logger.exception("what is due about agents was not done")

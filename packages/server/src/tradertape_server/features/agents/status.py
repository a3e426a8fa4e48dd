"""What agents are told of the account, and what the account's page says of agents."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.agents import repository
from tradertape_server.features.agents.instances import POLL_AFTER_S, Instances, is_online
from tradertape_server.features.agents.leases import LEASE
from tradertape_server.features.agents.obfuscation import Obfuscation
from tradertape_server.features.agents.release import LATEST
from tradertape_server.features.agents.schemas import (
    ConfigOut,
    ConfigPortfolio,
    Heartbeat,
    HeartbeatBroker,
    HeartbeatOut,
    LatestVersion,
)
from tradertape_server.features.auth.schemas import AgentState
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.portfolios.handing import Handing
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.database.engine import Database


@dataclass(frozen=True, slots=True)
class Status:
    """Use cases about the agent as a whole."""

    database: Database
    clock: Clock
    execution: ExecutionService
    handing: Handing
    instances: Instances
    obfuscation: Obfuscation

    def heartbeat(self, user_id: int, instance: str, given: Heartbeat) -> HeartbeatOut:
        """Store what an installation says of itself, and tell it what it has to know."""
        brokers = [
            one if isinstance(one, HeartbeatBroker) else HeartbeatBroker(name=one)
            for one in given.brokers
        ]
        self.instances.heartbeat(
            user_id, instance, version=given.version, auto_execute=given.auto_execute,
            brokers=[one.model_dump() for one in brokers],
            obfuscation=given.obfuscation not in (False, "", "off", "false"),
        )  # fmt: skip
        return HeartbeatOut(
            server_time=self.clock.now(), poll_after_s=POLL_AFTER_S,
            kill_switch=self.execution.halt(user_id) is not None,
            obfuscation=self.obfuscation.is_on(user_id), latest_version=LATEST.version,
            min_supported=LATEST.min_supported,
            update_available=LATEST.is_newer_than(given.version),
            auto_execute_allowed=LATEST.allows_auto_execute(given.version),
        )  # fmt: skip

    def config(self, user_id: int) -> ConfigOut:
        """What an agent asks at its start."""
        return ConfigOut(
            server_time=self.clock.now(), poll_after_s=POLL_AFTER_S,
            lease_s=int(LEASE.total_seconds()),
            kill_switch=self.execution.halt(user_id) is not None,
            obfuscation=self.obfuscation.is_on(user_id), latest_version=LATEST.version,
            min_supported=LATEST.min_supported,
            portfolios=[
                ConfigPortfolio(
                    id=one.id, name=one.name, status=one.status,  # type: ignore[arg-type]
                    auto_place_signals=settings_of(one).auto_place_signals, paper=False,
                )
                for one in self.handing.portfolios(user_id)
            ],
        )  # fmt: skip

    def of_account(self, user_id: int) -> AgentState | None:
        """The agent as the account's page shows it; None before the first was heard of."""
        with self.database.read() as session:
            found = repository.instances(session, user_id)
            if not found:
                return None
            last = found[0]
            return AgentState(
                registered=True, last_seen=last.last_seen_at, version=last.version,
                online=is_online(last, self.clock.now()),
            )  # fmt: skip


def latest_version() -> LatestVersion:
    """The latest agent."""
    return LatestVersion(
        version=LATEST.version, min_supported=LATEST.min_supported,
        released_at=LATEST.released_at, notes_url=LATEST.notes_url,
    )  # fmt: skip

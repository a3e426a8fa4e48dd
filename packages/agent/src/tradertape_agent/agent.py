"""The parts of one agent, joined."""

from __future__ import annotations

from dataclasses import dataclass

from tradertape_agent.cloud import Cloud
from tradertape_agent.config.folder import Folder
from tradertape_agent.config.settings import Settings
from tradertape_agent.desk.desk import Desk
from tradertape_agent.journal.book import Journal
from tradertape_agent.loop import Loop
from tradertape_agent.privacy.modes import Privacy
from tradertape_agent.reconciling.actions import Actions
from tradertape_agent.reconciling.ignoring import Ignores
from tradertape_agent.reconciling.reconciler import Reconciler
from tradertape_agent.resolving import Resolving
from tradertape_agent.syncing import Syncing
from tradertape_core.kernel.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent that is ready to work."""

    settings: Settings
    folder: Folder
    clock: Clock
    journal: Journal
    cloud: Cloud
    desk: Desk
    privacy: Privacy
    reconciler: Reconciler
    ignores: Ignores
    actions: Actions
    resolving: Resolving
    syncing: Syncing
    loop: Loop

    def close(self) -> None:
        """Close files and connections."""
        self.cloud.close()
        self.journal.close()

"""The tables of a journal, together."""

from __future__ import annotations

from pathlib import Path

from tradertape_agent.journal.intents import Intents
from tradertape_agent.journal.outgoing import Outgoing
from tradertape_agent.journal.reports import Reports
from tradertape_agent.journal.signals import Signals
from tradertape_agent.journal.store import Store


class Journal:
    """One agent's journal."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.signals = Signals(self.store)
        self.intents = Intents(self.store)
        self.reports = Reports(self.store)
        self.outgoing = Outgoing(self.store)

    def close(self) -> None:
        """Close the file."""
        self.store.close()

"""The brokers' lists of instruments: downloaded daily, kept on disk, and one of them ours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from tradertape_brokers.errors import Refused, SessionExpired
from tradertape_brokers.masters.mapping import Mapping, NotListed
from tradertape_brokers.masters.store import MasterState, MasterStore
from tradertape_brokers.registry import names
from tradertape_core.kernel.clock import Clock
from tradertape_core.market.instrument import Instrument
from tradertape_server.features.brokerage.accounts import Connected, Environment
from tradertape_server.features.brokerage.connections import Connections
from tradertape_server.platform.logging import get_logger

EVERY_S = 5.0  # a look at what is due; a list is downloaded once a day

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """The list that gives the server its instruments. version: changes with its content."""

    broker: str
    instruments: Sequence[Instrument]
    downloaded_at: datetime
    version: str


class BrokerMasters:
    """Lists of one environment's brokers. Any thread may call any method.

    The instruments of the server are those of one broker, which stays the same while the server
    runs: its tokens are in everybody's subscriptions. Other brokers' rows are found by mapping.
    """

    def __init__(
        self, connections: Connections, environment: Environment, folder: Path, clock: Clock
    ) -> None:
        self._connections = connections
        self.environment = environment
        self._stores = {
            name: MasterStore(name, folder / environment.value, clock) for name in names()
        }
        self._lock = threading.Lock()
        self._ours = ""
        self._mappings: dict[str, tuple[Sequence[Instrument], Mapping]] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def listing(self) -> Listing | None:
        """The list in use; None before the first download of any broker."""
        with self._lock:
            if not self._ours:
                self._ours = next((n for n, s in self._stores.items() if s.instruments), "")
            store = self._stores.get(self._ours)
        if store is None:
            return None
        state = store.state
        if state.downloaded_at is None:
            return None
        version = f"{self._ours} {state.downloaded_at.isoformat()}"
        return Listing(self._ours, store.instruments, state.downloaded_at, version)

    def former(self, instrument_id: str) -> Instrument | None:
        """What an id that is no longer listed was renamed to or merged into, by our list."""
        store = self._stores.get(self._ours)
        found = None if store is None else store.find(instrument_id.strip().upper())
        return None if found is None else found.instrument

    def find(self, broker: str, instrument_id: str) -> Instrument | None:
        """A broker's own row of an instrument of ours; None where it has none for certain."""
        listing = self.listing()
        ours = None if listing is None else self._stores[listing.broker].find(instrument_id)
        if ours is None:
            return None
        try:
            return self.row_of(broker, ours.instrument)
        except Refused:
            return None

    def listed(self, broker: str, instrument_id: str) -> Instrument | None:
        """A broker's own row of this id, or of one that it had before."""
        store = self._stores.get(broker)
        found = None if store is None else store.find(instrument_id)
        return None if found is None else found.instrument

    def row_of(self, broker: str, ours: Instrument) -> Instrument:
        """A broker's own row of an instrument. Raises Refused where it has none for certain."""
        if broker == self._ours:
            found = self._stores[broker].find(ours.id)
            if found is None:
                raise NotListed(f"{broker} does not list {ours.id}")
            return found.instrument
        return self._mapping(broker).find(ours)

    def states(self) -> list[MasterState]:
        """The lists that there are, or whose download failed."""
        found = (store.state for store in self._stores.values())
        return [state for state in found if state.downloaded_at is not None or state.reason]

    def start(self) -> None:
        """Start downloading what is due. A second call does nothing."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="masters", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop; a download that is under way is given up with the process."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def refresh(self) -> None:
        """Download the lists that are due, of the brokers that are connected."""
        seen: set[str] = set()
        for connected in self._connections.all():
            account, port = connected.account, connected.ports.instruments
            if account.environment is not self.environment or account.broker in seen:
                continue
            if port is None:
                continue
            seen.add(account.broker)
            download = partial(self._download, connected, port.download)
            if self._stores[account.broker].refresh_if_due(download):
                logger.info("a broker's instruments were downloaded", broker=account.broker)

    def _download(
        self, connected: Connected, ask: Callable[[], Sequence[Instrument]]
    ) -> Sequence[Instrument]:
        try:
            return ask()
        except SessionExpired as error:
            self._connections.mark_expired(connected.account, str(error), connected.session)
            raise

    def _mapping(self, broker: str) -> Mapping:
        store = self._stores.get(broker)
        rows = () if store is None else store.instruments
        with self._lock:
            known = self._mappings.get(broker)
            if known is None or known[0] is not rows:
                known = self._mappings[broker] = rows, Mapping(broker, rows)
            return known[1]

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.refresh()
            except Exception:  # this thread must survive
                logger.exception("a broker's instruments could not be downloaded")
            self._stopping.wait(EVERY_S)

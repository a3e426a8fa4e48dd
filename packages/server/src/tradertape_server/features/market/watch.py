"""The continuous check of the market data that this process has open."""

from __future__ import annotations

import threading

from tradertape_core.kernel.errors import InvalidInput, StoredDataDamaged
from tradertape_server.features.market.service import MarketService
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.job_log import JobLog

EVERY_S = 2.0
BYTES_AT_ONCE = 4 * 1024**2  # some three milliseconds; a column cache of 12 MB is read in 6 s
TABLES_EVERY_S = 60.0
logger = get_logger(__name__)


class MarketWatch:
    """Compares open column caches with their seals, and every set's files with their checksums.

    Damage is logged when it is found; a damaged column cache is built again at once. Where it
    simulates, the simulated market gets its sessions as they end.
    """

    def __init__(self, market: MarketService) -> None:
        self.simulates = False
        self._market = market
        self.log = JobLog()
        self._problems: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="market-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def check_columns(self) -> None:
        """Compare the next part of every open column cache."""
        opened = self._market.opened
        for name in opened.names:
            try:
                opened.check_next(name, BYTES_AT_ONCE)
            except (StoredDataDamaged, InvalidInput) as error:
                self._tell(name, str(error))

    def check_tables(self) -> None:
        """Read the files of every data set, and log those that became damaged or intact."""
        opened, store = self._market.opened, self._market.store
        for name in store.names():
            try:
                self._tell(name, opened.tables.read_again(store.manifest(name)))
            except (StoredDataDamaged, InvalidInput) as error:
                self._tell(name, str(error))

    def _run(self) -> None:
        rounds = max(1, round(TABLES_EVERY_S / EVERY_S))
        count = 0
        while not self._stopping.wait(EVERY_S):
            try:
                with self.log.running("market_data"):
                    self.check_columns()
                    if count % rounds == 0:
                        if self.simulates and self._market.extend_simulated_world():
                            logger.info("simulated market extended by the last session")
                        self.check_tables()
            except Exception:  # the next round tries again
                logger.exception("market data could not be checked")
            count += 1

    def _tell(self, name: str, problem: str) -> None:
        if problem == self._problems.get(name, ""):
            return
        self._problems[name] = problem
        if problem:
            logger.error("data set damaged: nothing reads it", data_set=name, problem=problem)
        else:
            logger.info("data set intact again", data_set=name)

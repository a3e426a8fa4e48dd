"""The sync client."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.endpoints.runs import check_same
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.heartbeats import BEAT_S, Heartbeats, check_claimed
from kite_algo_worker.managed_run import ManagedRun
from kite_algo_worker.models import JsonDict
from kite_algo_worker.options.client import OptionWorkerClient
from kite_algo_worker.run_config import RunConfig
from kite_algo_worker.sync.market import MarketMethods
from kite_algo_worker.sync.monitoring import MonitoringMethods
from kite_algo_worker.sync.runs import RunMethods
from kite_algo_worker.sync.trading import TradingMethods

__all__ = ["AlgoWorkerConfig", "JsonDict", "KiteAlgoWorkerClient"]


class KiteAlgoWorkerClient(RunMethods, TradingMethods, MonitoringMethods, MarketMethods):
    """Talks to the server, over connections that are kept open.

    One client serves all threads of a worker. `session` is its `requests.Session`, `options` the
    options side. Answers that are lost are asked for again where that is safe: reads, and writes
    with their idempotency key. Raises ValueError for a config without address or token.

    ```python
    client = KiteAlgoWorkerClient(AlgoWorkerConfig("http://localhost:18777", "kwa_..."))
    ```
    """

    def __init__(self, config: AlgoWorkerConfig) -> None:
        super().__init__(config)
        self.options = OptionWorkerClient(self)

    def __enter__(self) -> KiteAlgoWorkerClient:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @contextmanager
    def run(
        self,
        config: RunConfig,
        *,
        claim_session: bool = True,
        heartbeat_on_enter: bool = True,
        release_on_exit: bool = True,
        auto_heartbeat: bool = False,
        heartbeat_interval_s: float = BEAT_S,
    ) -> Generator[ManagedRun, None, None]:
        """Make or recover the run of a config, hold it, and let go of it at the end.

        claim_session: fence everybody else off. heartbeat_on_enter: send one sign of life at once.
        release_on_exit: let go when the block ends. auto_heartbeat: send a sign of life every
        `heartbeat_interval_s` seconds from a thread of its own; `ManagedRun.heartbeats` tells when
        that failed. It decides nothing: it neither checks safety nor leaves the run.

        Raises ValueError when heartbeats are wanted without a claim; KiteAlgoWorkerError with
        status 409 when the id belongs to a run with other fields, or another worker holds it.

        ```python
        with client.run(config, auto_heartbeat=True) as run:
            safety = run.safety_check()
        ```
        """
        check_claimed(claim_session, heartbeat_on_enter or auto_heartbeat)
        managed = ManagedRun(self, config, self._made_or_found(config))
        beating = Heartbeats(managed, heartbeat_interval_s) if auto_heartbeat else None
        try:
            if claim_session:
                claim = self.claim_session(managed.run_id)
                managed.session_nonce = str(claim["worker_session_nonce"])
            if heartbeat_on_enter:
                managed.heartbeat()
            if beating is not None:
                managed.heartbeats = beating
                beating.start()
            yield managed
        except BaseException:
            _stop(beating)
            with suppress(KiteAlgoWorkerError):  # the first error is the one to tell
                self._let_go(managed, release_on_exit)
            raise
        _stop(beating)
        self._let_go(managed, release_on_exit)

    def _made_or_found(self, config: RunConfig) -> JsonDict:
        if not config.strategy_run_id:
            return self.create_run_from_config(config)
        self._gate.check_mode(config.execution_mode, f"run {config.strategy_run_id}")
        try:
            found = self.get_run(config.strategy_run_id)
        except KiteAlgoWorkerError as error:
            if error.status_code != 404:
                raise
            return self.create_run_from_config(config)
        check_same(config, found)
        return found

    def _let_go(self, managed: ManagedRun, release_on_exit: bool) -> None:
        if release_on_exit and managed.session_nonce is not None:
            self.release_session(managed.run_id, session_nonce=managed.session_nonce)


def _stop(beating: Heartbeats | None) -> None:
    if beating is not None:
        beating.stop()

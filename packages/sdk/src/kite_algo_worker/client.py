"""The sync client."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from kite_algo_worker.config import AlgoWorkerConfig
from kite_algo_worker.endpoints.runs import check_same
from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.managed_run import ManagedRun
from kite_algo_worker.models import JsonDict
from kite_algo_worker.protocol.claim_rules import check_wait, pause_before_claim
from kite_algo_worker.protocol.heartbeat_rules import HEARTBEAT_S, check_claimed
from kite_algo_worker.protocol.worker_identity import WorkerIdentity
from kite_algo_worker.run_config import RunConfig
from kite_algo_worker.sync.calls import WorkerCalls
from kite_algo_worker.sync.heartbeats import Heartbeats

__all__ = ["AlgoWorkerConfig", "JsonDict", "KiteAlgoWorkerClient"]


class KiteAlgoWorkerClient(WorkerCalls):
    """The client of the worker API, over connections that are kept open.

    One client serves all threads of a worker. `session` is its `requests.Session`, `options` the
    option calls. A request whose answer was lost is repeated where that is safe: reads, and writes
    with their idempotency key. Raises InvalidInputError for a config without address or token.

    ```python
    client = KiteAlgoWorkerClient(AlgoWorkerConfig("http://localhost:18777", "kwa_..."))
    ```
    """

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
        heartbeat_interval_s: float = HEARTBEAT_S,
        wait_for_claim_s: float = 0.0,
        worker_id: str | None = None,
    ) -> Generator[ManagedRun, None, None]:
        """Create or recover the run of a config, claim it, and release it when the block ends.

        claim_session: claim the run's session, so that no other worker can trade it.
        heartbeat_on_enter: send one heartbeat at once. release_on_exit: release the session when
        the block ends. auto_heartbeat: send a heartbeat every `heartbeat_interval_s` seconds from
        a thread of its own; `ManagedRun.heartbeats` has the last failure. The block itself
        neither checks safety nor exits the run.

        A worker that was killed takes its own claim over at once: on the same machine and token,
        or anywhere with the same worker_id. wait_for_claim_s: seconds to wait until another worker
        releases it, with a warning in the log "kite_algo_worker".

        Raises InvalidInputError when heartbeats are wanted without a claim; KiteAlgoWorkerError
        with status 409 when the id belongs to a run with other fields, or another worker holds it.

        ```python
        with client.run(config, auto_heartbeat=True) as run:
            safety = run.safety_check()
        ```
        """
        check_claimed(claim_session, heartbeat_on_enter or auto_heartbeat)
        check_wait(wait_for_claim_s)
        managed = ManagedRun(self, config, self._create_or_get(config))
        heartbeats = _heartbeats(managed, heartbeat_interval_s) if auto_heartbeat else None
        identity = WorkerIdentity(self.config.base_url, managed.run_id)
        try:
            if claim_session:
                claim = self._claim(managed.run_id, worker_id or identity.id, wait_for_claim_s)
                managed.session_nonce = str(claim["worker_session_nonce"])
            if heartbeat_on_enter:
                managed.heartbeat()
            if heartbeats is not None:
                managed.heartbeats = heartbeats
                heartbeats.start()
            yield managed
        except BaseException:
            _stop(heartbeats)
            with suppress(KiteAlgoWorkerError):  # the first error is the one to report
                self._release(managed, release_on_exit)
            raise
        else:
            _stop(heartbeats)
            self._release(managed, release_on_exit)
            identity.close(forget=release_on_exit)
        finally:
            identity.close()

    def _claim(self, run_id: str, worker_id: str | None, wait_s: float) -> JsonDict:
        until, is_first = time.monotonic() + wait_s, True
        while True:
            try:
                return self.claim_session(run_id, worker_id=worker_id)
            except KiteAlgoWorkerError as error:
                left_s = until - time.monotonic()
                pause_s = pause_before_claim(run_id, error, left_s, is_first=is_first)
                if pause_s is None:
                    raise
            is_first = False
            self._sleep(pause_s)

    def _create_or_get(self, config: RunConfig) -> JsonDict:
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

    def _release(self, managed: ManagedRun, release_on_exit: bool) -> None:
        if release_on_exit and managed.session_nonce is not None:
            self.release_session(managed.run_id, session_nonce=managed.session_nonce)


def _heartbeats(managed: ManagedRun, interval_s: float) -> Heartbeats:
    return Heartbeats(managed.heartbeat, interval_s, name=f"heartbeat of {managed.run_id}")


def _stop(heartbeats: Heartbeats | None) -> None:
    if heartbeats is not None:
        heartbeats.stop()

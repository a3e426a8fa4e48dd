"""How long workers have been silent, in real seconds, whatever is done to the clock.

A sign of life is stored with the wall clock's time. Its age is counted on the monotonic clock, from
when this process stored or first read it: a wall clock set forward exits no run, one set back hides
no silence, and the days of a replay are not mistaken for the worker's. Time in which no heartbeat
could be received does not count as silence.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tradertape_core.kernel.clock import Clock
from tradertape_core.risk.run_checks import SessionState
from tradertape_server.features.workers.models import TradingRun, WorkerRun

SESSION_TTL_S = 60  # a holder that is silent for longer can be replaced
DEAD_AFTER_S = 300  # where the run's protection has no limit

_SESSION, _BEAT, _CLAIM, _ARMED = "session", "beat", "claim", "armed"
_MOST_KNOWN = 20_000


class _Sign(NamedTuple):
    at: datetime
    at_s: float  # on the monotonic clock


class Liveness:
    """When workers were last alive, as this process knows it; thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], _Sign] = {}
        self._receiving_since_s = float("-inf")

    @property
    def now(self) -> datetime:
        """The wall clock's time, in a replay too."""
        return self._clock.now()

    def claimed(self, run_id: str, at: datetime) -> None:
        """A worker claimed a run just now, and `at` is stored."""
        self._sign(run_id, at, _SESSION, _CLAIM)

    def beat(self, run_id: str, at: datetime) -> None:
        """The holder of a run sent a heartbeat just now, and `at` is stored."""
        self._sign(run_id, at, _SESSION, _BEAT)

    def updates_were_lost(self) -> None:
        """No heartbeat could be received until now: the server was down, or its database."""
        self._receiving_since_s = self._clock.monotonic()

    def is_silent(self, run: WorkerRun | TradingRun) -> bool:
        """Whether the holder has been silent for longer than a session's lifetime."""
        age_s = self.session_age_s(run)
        return age_s is None or age_s > SESSION_TTL_S

    def session_age_s(self, run: WorkerRun | TradingRun) -> float | None:
        """Seconds since the holder's last sign of life; None for a run without a holder."""
        at = run.session_seen_at
        return None if at is None else self._age_s(run.strategy_run_id, _SESSION, at)

    def heartbeat_age_s(self, run: WorkerRun) -> int | None:
        """Seconds since the last heartbeat in this run."""
        at = run.last_heartbeat_at
        return None if at is None else int(self._age_s(run.strategy_run_id, _BEAT, at))

    def worker_age_s(
        self,
        run_id: str,
        *,
        heartbeat_at: datetime | None,
        claimed_at: datetime | None,
        armed_at: datetime | None,
        now: datetime,
    ) -> float:
        """Seconds since a run's worker was last known to be alive, as its protection counts them.

        armed_at, now: when the protection was armed, and now, by the market's clock.
        """
        ages = list[float]()
        if heartbeat_at is not None:
            ages.append(self._age_s(run_id, _BEAT, heartbeat_at))
        if claimed_at is not None:
            ages.append(self._age_s(run_id, _CLAIM, claimed_at))
        if armed_at is not None:
            ages.append(self._age_s(run_id, _ARMED, armed_at, now))
        return min(*ages, self._clock.monotonic() - self._receiving_since_s) if ages else 0.0

    def health(self, run: WorkerRun, limit_s: int | None) -> str:
        """`healthy` for a minute after a heartbeat, `stale` up to limit_s, then `dead`."""
        age_s = self.heartbeat_age_s(run)
        if age_s is None:
            return "unknown"
        if age_s <= SESSION_TTL_S:
            return "healthy"
        return "stale" if age_s <= (limit_s or DEAD_AFTER_S) else "dead"

    def session(self, run: WorkerRun | TradingRun) -> SessionState:
        """Whether the run's session is held, and by a worker that is alive."""
        if run.session_nonce is None:
            is_new = run.session_released_at is None
            return SessionState.UNCLAIMED if is_new else SessionState.RELEASED
        return SessionState.STALE if self.is_silent(run) else SessionState.CLAIMED

    def _sign(self, run_id: str, at: datetime, *kinds: str) -> None:
        sign = _Sign(at, self._clock.monotonic())
        for kind in kinds:
            self._keep((run_id, kind), sign)

    def _age_s(self, run_id: str, kind: str, at: datetime, now: datetime | None = None) -> float:
        now_s, key = self._clock.monotonic(), (run_id, kind)
        sign = self._known.get(key)
        if sign is None or sign.at != at:
            # Another process received it, or this one before its last start.
            age_s = ((now or self._clock.now()) - at).total_seconds()
            sign = self._keep(key, _Sign(at, now_s - max(0.0, age_s)))
        return now_s - sign.at_s

    def _keep(self, key: tuple[str, str], sign: _Sign) -> _Sign:
        if len(self._known) >= _MOST_KNOWN and key not in self._known:
            self._known.clear()  # each is restored from its stored time
        self._known[key] = sign
        return sign

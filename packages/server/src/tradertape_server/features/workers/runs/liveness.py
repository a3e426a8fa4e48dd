"""How long workers have been silent: in real seconds, whatever is done to the clock.

A sign of life is stored with the wall's time. Its age is counted on the clock that never steps
back, from when this process gave or first saw it: a clock set forward makes no run be left, one
set back hides no silence, and a replay's days are not mistaken for the worker's. Nor is a worker
thought silent for the time in which nobody could hear it.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tradertape_core.kernel.clock import Clock
from tradertape_core.risk.protection_state import ProtectionState
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.trading_runs import TradingRun

SESSION_TTL_S = 60  # a holder that is silent for longer may be replaced
DEAD_AFTER_S = 300  # without a limit of the run's own protection

_SESSION, _BEAT, _CLAIM, _ARMED = "session", "beat", "claim", "armed"
_MOST_KNOWN = 20_000


class _Sign(NamedTuple):
    at: datetime
    at_s: float  # on the clock that never steps back


class Presence:
    """What this process knows of when workers were last alive; used from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, str], _Sign] = {}
        self._hears_since_s = float("-inf")

    @property
    def now(self) -> datetime:
        """The wall's time, in a replay too."""
        return self._clock.now()

    def claimed(self, run_id: str, at: datetime) -> None:
        """A worker took a run just now, and `at` is stored."""
        self._sign(run_id, at, _SESSION, _CLAIM)

    def beat(self, run_id: str, at: datetime) -> None:
        """The holder of a run gave a heartbeat just now, and `at` is stored."""
        self._sign(run_id, at, _SESSION, _BEAT)

    def was_deaf(self) -> None:
        """No heartbeat could be taken in until now: the server was down, or its database."""
        self._hears_since_s = self._clock.monotonic()

    def is_silent(self, run: WorkerRun | TradingRun) -> bool:
        """Whether the holder has been silent for longer than a session lives."""
        age_s = self.session_age_s(run)
        return age_s is None or age_s > SESSION_TTL_S

    def session_age_s(self, run: WorkerRun | TradingRun) -> float | None:
        """Seconds since the holder's last sign of life; None where nobody holds the run."""
        at = run.session_seen_at
        return None if at is None else self._age_s(run.strategy_run_id, _SESSION, at)

    def heartbeat_age_s(self, run: WorkerRun) -> int | None:
        """Seconds since the last heartbeat in this run."""
        at = run.last_heartbeat_at
        return None if at is None else int(self._age_s(run.strategy_run_id, _BEAT, at))

    def worker_age_s(self, run: WorkerRun, state: ProtectionState, now: datetime) -> float:
        """Seconds since the run's worker could last be thought alive, as its protection counts.

        now: the market's, which is what a protection says when it was armed in.
        """
        run_id, ages = run.strategy_run_id, list[float]()
        if run.last_heartbeat_at is not None:
            ages.append(self._age_s(run_id, _BEAT, run.last_heartbeat_at))
        if run.session_claimed_at is not None:
            ages.append(self._age_s(run_id, _CLAIM, run.session_claimed_at))
        if state.armed_at is not None:
            ages.append(self._age_s(run_id, _ARMED, state.armed_at, now))
        return min(*ages, self._clock.monotonic() - self._hears_since_s) if ages else 0.0

    def health(self, run: WorkerRun, limit_s: int | None) -> str:
        """healthy within two beats of half a minute, stale up to the run's limit, then dead."""
        age_s = self.heartbeat_age_s(run)
        if age_s is None:
            return "unknown"
        if age_s <= SESSION_TTL_S:
            return "healthy"
        return "stale" if age_s <= (limit_s or DEAD_AFTER_S) else "dead"

    def session(self, run: WorkerRun) -> str:
        """unclaimed, claimed, stale, released."""
        if run.session_nonce is None:
            return "unclaimed" if run.session_released_at is None else "released"
        return "stale" if self.is_silent(run) else "claimed"

    def _sign(self, run_id: str, at: datetime, *kinds: str) -> None:
        sign = _Sign(at, self._clock.monotonic())
        for kind in kinds:
            self._keep((run_id, kind), sign)

    def _age_s(self, run_id: str, kind: str, at: datetime, now: datetime | None = None) -> float:
        now_s, key = self._clock.monotonic(), (run_id, kind)
        sign = self._known.get(key)
        if sign is None or sign.at != at:
            # Another process was told of it, or this one before it was started anew.
            age_s = ((now or self._clock.now()) - at).total_seconds()
            sign = self._keep(key, _Sign(at, now_s - max(0.0, age_s)))
        return now_s - sign.at_s

    def _keep(self, key: tuple[str, str], sign: _Sign) -> _Sign:
        if len(self._known) >= _MOST_KNOWN and key not in self._known:
            self._known.clear()  # each is found again by its stored time
        self._known[key] = sign
        return sign

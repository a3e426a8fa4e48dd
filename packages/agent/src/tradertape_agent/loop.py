"""The cycle: settle what is unknown, report, poll, place, follow; again after a while."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tradertape_agent.addresses import PENDING_SIGNALS
from tradertape_agent.approvals import Approvals
from tradertape_agent.cloud import Cloud, CloudDeclined, CloudSilent
from tradertape_agent.desk.account import AccountState
from tradertape_agent.desk.desk import Desk
from tradertape_agent.errors import CloudRefused, NotConnected
from tradertape_agent.following import Following
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.signals import SignalRow, SignalState
from tradertape_agent.placing import KILL_SWITCH, Permit, Placing
from tradertape_agent.privacy.scale import Scales
from tradertape_agent.privacy.verifier import Withheld
from tradertape_agent.reconciling.reconciler import Reconciler
from tradertape_agent.reporting import Replay
from tradertape_agent.stop_sales import STOP_SELLS, StopSales
from tradertape_agent.stops import Stops
from tradertape_agent.syncing import Syncing
from tradertape_agent.wire import (
    Malformed,
    Poll,
    Signal,
    Withdrawal,
    read_poll,
    read_signal,
    text_of,
)
from tradertape_agent.withdrawing import Withdrawing
from tradertape_brokers.errors import BrokerError
from tradertape_core.kernel.clock import Clock

logger = logging.getLogger("tradertape_agent")
LONGEST_PAUSE_S: Final = 300.0
_JITTER: Final = 0.1
_CLOCKS_AGREE_S: Final = 5.0
_RESTING_LEASE_S: Final = 2.0  # what placing may take of a lease's end
LAST_POLL, CLOUD_STATE, BROKER_STATE = "last_poll", "cloud_state", "broker_state"
CLOUD_KILL_SWITCH: Final = "cloud_kill_switch"


@dataclass(slots=True)
class Health:
    """What the last cycle saw."""

    cloud: str = "unknown"
    broker: str = "unknown"
    failures: int = 0
    poll_after_s: float | None = None
    retry_after_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A poll's answer and when it was asked for: the cloud's clock is counted on from there."""

    poll: Poll
    asked_at: float
    local_time: datetime

    def now(self, monotonic: float) -> datetime:
        """The cloud's time, however this machine's clock is set."""
        base = self.poll.server_time or self.local_time
        return base + timedelta(seconds=monotonic - self.asked_at)

    def is_interrupted(self, monotonic: float, local_time: datetime) -> bool:
        """Whether this machine slept since, or its clock was set: how much time has passed is
        unknown then."""
        by_wall = (local_time - self.local_time).total_seconds()
        return abs(by_wall - (monotonic - self.asked_at)) > _CLOCKS_AGREE_S


class Loop:
    """One agent's work. A cycle never raises: what went wrong is its health, and logged."""

    def __init__(
        self,
        journal: Journal,
        cloud: Cloud,
        desk: Desk,
        placing: Placing,
        following: Following,
        stops: Stops,
        withdrawing: Withdrawing,
        syncing: Syncing,
        reconciler: Reconciler,
        clock: Clock,
        *,
        scales: Scales,
        stop_sales: StopSales,
        poll_interval_s: int,
        auto_execute: Callable[[], bool],
    ) -> None:
        self.health = Health()
        self._journal = journal
        self._cloud = cloud
        self._desk = desk
        self._placing = placing
        self._following = following
        self._stops = stops
        self._stop_sales = stop_sales
        self._withdrawing = withdrawing
        self._syncing = syncing
        self._reconciler = reconciler
        self._clock = clock
        self._poll_interval_s = poll_interval_s
        self._auto_execute = auto_execute
        self._replay = Replay(journal, cloud, clock, scales)
        self._approvals = Approvals(journal, cloud, clock)
        self._bell = threading.Event()
        self._ends = False
        self._waits: dict[str, str] = {}

    # --- running ------------------------------------------------------------------------------

    def run_after_pause(self) -> None:
        """Work until `stop`; the first cycle was done already."""
        while not self._ends:
            self._bell.wait(self.pause_s())
            self._bell.clear()
            if not self._ends:
                self.cycle()

    def stop(self) -> None:
        """End after the present cycle."""
        self._ends = True
        self._bell.set()

    def wake(self) -> None:
        """Begin the next cycle now: the user decided something."""
        self._bell.set()

    def pause_s(self) -> float:
        """Seconds to the next poll: longer with each failure, never the same for two agents."""
        base = max(float(self._poll_interval_s), self.health.poll_after_s or 0.0)
        if self.health.failures:
            base = min(base * 2 ** min(self.health.failures - 1, 6), LONGEST_PAUSE_S)
            base = max(base, self.health.retry_after_s or 0.0)
        return base * random.uniform(1 - _JITTER, 1 + _JITTER)

    def cycle(self) -> Health:
        """Work once."""
        try:
            self._work()
        except Exception as error:  # the loop goes on whatever is wrong with one cycle
            logger.exception("a cycle ended early")
            self._failed("error", f"a cycle ended early: {error}")
        self._note()
        return self.health

    def _work(self) -> None:
        self._sign_in()
        self._follow()
        self._with_broker(self._stops.keep)  # what was filled is protected without the cloud too
        try:
            self._hello()
            self._replay.send_waiting()
            self._stop_sales.tell(self._cloud)
            self._approvals.send()
            answered = self._poll()
            self._withdraw(answered.poll)
            self._place(answered)
            self._follow()
            self._with_broker(self._stops.keep)
            self._compare()
            self._replay.send_waiting()
        except CloudRefused as error:
            self._failed("refused", str(error))
        except CloudSilent as error:
            self._failed("unreachable", str(error), error.retry_after_s)
        except (CloudDeclined, Malformed, Withheld) as error:
            self._failed("error", str(error))
        else:
            self._succeeded()

    # --- the steps ----------------------------------------------------------------------------

    def _hello(self) -> None:
        last = self._journal.store.meta(LAST_POLL)
        try:
            self._syncing.hello(auto_execute=self._auto_execute(), last_poll=last)
            self._syncing.fetch_login()
        except CloudDeclined as error:
            self._say("hello", f"the cloud did not take the heartbeat: {error}")

    def _compare(self) -> None:
        """Compare with the cloud's books and tell what the broker has; never correct anything."""
        try:
            report = self._reconciler.look()
        except BrokerError:
            self._reconciler.failed("broker_unavailable")
        except CloudDeclined as error:
            self._reconciler.failed("stale")
            self._say("compare", f"holdings cannot be compared: {error}")
        else:
            for one in report["items"]:
                if one["is_flagged"] and not one["ignored"]:
                    self._say(
                        f"drift {one['symbol']}",
                        f"drift: {one['symbol']} cloud={one['cloud_qty']} "
                        f"broker={one['broker_qty']} ({one['classification']})",
                    )
        self._syncing.sync(self._reconciler.summary)

    def _sign_in(self) -> None:
        for account in self._desk:
            try:
                account.sign_in_if_unattended()
            except NotConnected as error:
                logger.warning("%s", error)
        primary = self._desk.primary
        if self._with_broker(primary.check):
            self._with_broker(primary.refresh_instruments)

    def _follow(self) -> None:
        self._with_broker(self._following.follow)

    def _with_broker(self, work: Callable[[], object]) -> bool:
        """Whether the broker took it. What it cannot do now is done in a later cycle."""
        primary = self._desk.primary
        try:
            work()
        except BrokerError as error:
            self._say("broker", f"Broker not connected ({primary.broker.title}): {error}")
            return False
        return True

    def _poll(self) -> Answered:
        asked_at, local_time = self._clock.monotonic(), self._clock.now()
        reply = self._cloud.get(PENDING_SIGNALS, v="2")
        answered = Answered(read_poll(reply.body), asked_at, local_time)
        self.health.poll_after_s = answered.poll.poll_after_s
        return answered

    def _withdraw(self, poll: Poll) -> None:
        for one in poll.withdrawn:
            row = self._journal.signals.get(one.key)
            self._placing.withdraw(row or _unseen(one, self._clock.now()), one.reason)
        for one in poll.cancellations:
            self._with_broker(lambda one=one: self._withdrawing.cancel(one.key, one.reason))

    def _place(self, answered: Answered) -> None:
        """Place what this answer holds: what it does not hold is not ours, or no longer valid."""
        signals: list[tuple[str, Signal]] = []
        new = 0
        for item in answered.poll.items:
            signal = self._read(item)
            if signal is None or signal.is_paper:
                continue
            text = text_of(item)
            if self._journal.signals.receive(
                signal.key, signal.id, signal.version, text, self._clock.now()
            ):
                new += 1
            signals.append((signal.key, signal))
        now = self._clock.now()
        self._journal.signals.keep_only({key for key, _ in signals}, now)
        logger.info("poll: %d new signals", new)
        if answered.poll.held:
            self._say("held", answered.poll.held)
        self._approved(answered.poll, now)
        # Exits first: they take risk away.
        for key, signal in sorted(signals, key=lambda one: one[1].is_entry):
            if signal.requires_approval:
                continue
            row = self._journal.signals.get(key)
            if row is not None:
                self._consider(row, signal, answered)

    def _approved(self, poll: Poll, now: datetime) -> None:
        """What was approved here and is not handed out: why, or that it is over. A kill switch
        keeps entries without saying which."""
        for signal_id, why in poll.in_cart.items():
            if self._journal.signals.not_yet(signal_id, why, now):
                logger.info("signal %s: approved, not placed yet: %s", signal_id, why)
        self._journal.store.set_meta(CLOUD_KILL_SWITCH, "on" if poll.kill_switch else "")
        if not (poll.kill_switch or poll.held):
            self._journal.signals.keep_in_cart(poll.in_cart.keys(), now)

    def _read(self, item: Mapping[str, Any]) -> Signal | None:
        try:
            return read_signal(item)
        except (Malformed, ValueError) as error:
            self._say(f"malformed {item.get('id')}", f"a signal cannot be read: {error}")
            return None

    def _consider(self, row: SignalRow, signal: Signal, answered: Answered) -> None:
        if answered.is_interrupted(self._clock.monotonic(), self._clock.now()):
            self._say(
                "clock", "this machine slept or its clock was set: signals are asked for anew"
            )
            return
        monotonic = self._clock.monotonic() + _RESTING_LEASE_S
        permit = Permit(
            now=answered.now(monotonic),
            auto_execute=self.auto_executes,
            kill_switch=answered.poll.kill_switch or self.is_killed,
        )

        def place() -> None:
            why = self._placing.consider(row, signal, permit)
            if why == STOP_SELLS:  # a gap may have left its order behind: one of them sells
                for key in self._stop_sales.selling(signal):
                    self._withdrawing.cancel(key, "its position is to be sold")
            if why:
                self._say(row.key, f"signal {row.signal_id} {signal.instrument}: {why}")

        self._with_broker(place)

    @property
    def auto_executes(self) -> bool:
        """Whether signals are placed without the user's approval."""
        return self._auto_execute() and self._syncing.word.auto_execute_allowed

    @property
    def is_killed(self) -> bool:
        """Whether the user stopped entries on this machine."""
        return bool(self._journal.store.meta(KILL_SWITCH))

    # --- health -------------------------------------------------------------------------------

    def _succeeded(self) -> None:
        self.health.cloud, self.health.problem, self.health.failures = "ok", "", 0
        self.health.retry_after_s = None
        self._waits.pop("cloud", None)

    def _failed(self, state: str, problem: str, retry_after_s: float | None = None) -> None:
        """Nothing new is placed: without the cloud's word there may be a reason not to."""
        self.health.cloud, self.health.problem = state, problem
        self.health.failures += 1
        self.health.retry_after_s = retry_after_s
        self._say("cloud", problem)

    def _say(self, about: str, words: str) -> None:
        """Log something once, until it changes."""
        if self._waits.get(about) != words:
            self._waits[about] = words
            logger.warning("%s", words)

    def _note(self) -> None:
        """Keep the health where `status` finds it."""
        state = self._desk.primary.state
        self.health.broker = "ok" if state is AccountState.CONNECTED else state.value
        if self.health.broker == "ok":
            self._waits.pop("broker", None)
        with self._journal.store.transaction():
            if self.health.cloud == "ok":
                self._journal.store.set_meta(LAST_POLL, self._clock.now().isoformat())
            self._journal.store.set_meta(CLOUD_STATE, self.health.cloud)
            self._journal.store.set_meta(BROKER_STATE, self.health.broker)


def _unseen(one: Withdrawal, now: datetime) -> SignalRow:
    """A signal that was leased to us by an answer that never came: nothing of it was sent."""
    return SignalRow(
        key=one.key, signal_id=one.signal_id, version=1, body={}, state=SignalState.WAITING,
        decision=None, reason="", received_at=now,
    )  # fmt: skip

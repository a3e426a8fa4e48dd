"""Relay of live prices between processes over Redis: one process polls the market for all.

ticks    from the trading process: the newest tick of each changed instrument, and a heartbeat
wants    from every other process: the subscriptions of its clients, repeated so that a lost
         message has no lasting effect, and instruments whose tick it requests once

Nothing is queued for a slow process: it gets the newest tick of each instrument when it is ready.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any

import msgspec

from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.live.feed import Feed
from tradertape_server.features.feed.sources.source_details import FeedReport
from tradertape_server.features.feed.sources.tick_source import Mode, Subscription
from tradertape_server.features.instruments.service import InstrumentService
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.redis_link import RedisError, RedisLink

HEARTBEAT_S = 1.0  # interval of subscription messages and of the trading process's heartbeat
SUBSCRIPTION_TIMEOUT_S = 5.0  # subscriptions of a silent process end after this
CONNECTION_TIMEOUT_S = 4.0  # without a message the trading process counts as unreachable
FRESH_S = 3.0  # a relayed tick younger than this is not requested
REQUEST_TIMEOUT_S = 0.4
_RETRY_S = 0.3
_MAX_TICKS = 2_000  # per message
_MAX_MESSAGES = 500  # processed together
OTHER_MARKET = "the trading process trades another market: this process switches in a moment"
_WRITER, _READER = "tick writer", "tick reader"

logger = get_logger(__name__)


@dataclass(slots=True)
class TickMessage:
    """From the trading process. offset_s: the market's time minus the clock's. error: why the
    feed has no prices, empty if it has. report: of a market through brokers, once a second.
    market: whose prices they are; a process that is not of that market drops them."""

    process: str = ""
    ticks: list[Tick] = field(default_factory=list[Tick])
    offset_s: float = 0.0
    error: str = ""
    report: FeedReport | None = None
    market: str = ""


@dataclass(slots=True)
class SubscriptionMessage:
    """From another process. wants: subscribed tokens by mode; asks: tokens requested once."""

    process: str
    wants: dict[int, list[int]]
    asks: list[int] = field(default_factory=list[int])


_ENCODE = msgspec.msgpack.Encoder().encode
_TICKS = msgspec.msgpack.Decoder(TickMessage)
_SUBSCRIPTIONS = msgspec.msgpack.Decoder(SubscriptionMessage)


class TickRelay:
    """Sends or receives ticks, depending on which process trades, which may change at any time.

    Call `bind` before `start`.
    """

    def __init__(
        self, link: RedisLink, instruments: InstrumentService, is_trader: Callable[[], bool]
    ) -> None:
        self._link = link
        self._instruments = instruments
        self._is_trader = is_trader
        self._process = secrets.token_hex(6)
        self._ticks_channel, self._wants_channel = link.name("ticks"), link.name("wants")
        self._pending: dict[int, Tick] = {}
        self._asks: set[int] = set()
        self._asked_s: dict[int, float] = {}
        self._wanted: dict[str, float] = {}  # by process, time of its last message
        self._condition = threading.Condition()
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._last_message_s = monotonic()
        self._last_message = TickMessage()
        self._report = FeedReport()
        self.make_report: Callable[[], FeedReport] | None = None  # of a market through brokers
        self.sent = self.received = self.receivers = 0
        self.lag_s = 0.0

    def bind(self, feed: Feed) -> None:
        """Set the feed whose ticks are sent, or which receives those of the trading process."""
        self._feed = feed
        feed.on_ticks(self._collect)

    @property
    def processes(self) -> int:
        """How many other processes subscribe to ticks of this one."""
        return len(self._wanted)

    @property
    def offset(self) -> timedelta:
        """The market's time minus the clock's."""
        return timedelta(seconds=self._last_message.offset_s)

    @property
    def report(self) -> FeedReport:
        """What the trading process last said of its market; nothing while it is not heard."""
        is_silent = monotonic() - self._last_message_s > CONNECTION_TIMEOUT_S
        return FeedReport() if is_silent else self._report

    @property
    def error(self) -> str:
        """Why this process receives no prices; empty when it does."""
        if monotonic() - self._last_message_s > CONNECTION_TIMEOUT_S:
            return "no updates received from the trading process"
        return self._last_message.error

    def start(self) -> None:
        """Start the threads; a second call does nothing."""
        if self._threads:
            return
        for loop, name in ((self._write_all, "ticks-out"), (self._read_all, "ticks-in")):
            thread = threading.Thread(target=loop, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Stop the threads."""
        self._stopping.set()
        with self._condition:
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(timeout=10)

    def request(self, wanted: Iterable[Subscription]) -> None:
        """Request present ticks unless the feed has fresh ones; wait briefly for them."""
        now = monotonic()
        missing = {
            token
            for one in wanted
            if not self._is_fresh(token := one.instrument.instrument_token)
            and now - self._asked_s.get(token, float("-inf")) > REQUEST_TIMEOUT_S
        }
        if not missing:
            return
        with self._condition:
            if len(self._asked_s) > 10_000:
                self._asked_s.clear()
            self._asked_s.update(dict.fromkeys(missing, now))
            self._asks |= missing
            self._condition.notify_all()
        with self._arrived:
            self._arrived.wait_for(
                lambda: all(map(self._is_fresh, missing)), timeout=REQUEST_TIMEOUT_S
            )

    # --- writing ------------------------------------------------------------------------------

    def _collect(self, ticks: Sequence[Tick]) -> None:
        if not self._is_trader():
            return
        with self._condition:
            self._pending.update((tick.instrument_token, tick) for tick in ticks)
            self._condition.notify_all()

    def _write_all(self) -> None:
        client, beat_s = self._link.connect(), 0.0
        while not self._stopping.is_set():
            with self._condition:
                self._condition.wait_for(self._has_work, timeout=HEARTBEAT_S)
                pending, self._pending = self._pending, {}
                asks, self._asks = self._asks, set()
            is_due = monotonic() - beat_s >= HEARTBEAT_S
            try:
                if self._is_trader():
                    self._write_ticks(client, list(pending.values()), is_due=is_due)
                else:
                    self._write_wants(client, asks)
            except RedisError as error:
                if self._link.record_state(_WRITER, is_up=False):
                    logger.warning(
                        "prices cannot be sent to other processes", reason=type(error).__name__
                    )
                self._stopping.wait(_RETRY_S)
                continue
            beat_s = monotonic() if is_due else beat_s
            self._link.record_state(_WRITER, is_up=True)

    def _has_work(self) -> bool:
        return bool(self._pending or self._asks or self._stopping.is_set())

    def _write_ticks(self, client: Any, ticks: list[Tick], *, is_due: bool) -> None:
        if not is_due and not self.receivers:
            return  # nobody receives; the next heartbeat checks again
        status = self._feed.status()
        error = "" if status.connected else status.reason
        offset_s = self._feed.offset.total_seconds()
        report = self.make_report() if is_due and self.make_report else None
        for i in range(0, len(ticks) or 1, _MAX_TICKS):
            part = ticks[i : i + _MAX_TICKS]
            message = _ENCODE(
                TickMessage(self._process, part, offset_s, error, report, status.source)
            )
            self.receivers = int(client.publish(self._ticks_channel, message))
            self.sent += len(part) if self.receivers else 0
        if is_due:
            self._expire_subscriptions(silent_s=SUBSCRIPTION_TIMEOUT_S)

    def _write_wants(self, client: Any, asks: set[int]) -> None:
        self._expire_subscriptions(silent_s=0.0)  # left from when this process traded
        wants: dict[int, list[int]] = {}
        for one in self._feed.subscriptions.active:
            wants.setdefault(int(one.mode), []).append(one.instrument.instrument_token)
        client.publish(
            self._wants_channel, _ENCODE(SubscriptionMessage(self._process, wants, sorted(asks)))
        )

    # --- reading ------------------------------------------------------------------------------

    def _read_all(self) -> None:
        while not self._stopping.is_set():
            channel = self._link.connect().pubsub(ignore_subscribe_messages=True)
            try:
                channel.subscribe(self._ticks_channel, self._wants_channel)
                while not self._stopping.is_set():
                    self._process_messages(self._messages(channel))
                    self._link.record_state(_READER, is_up=True)
            except RedisError as error:
                if self._link.record_state(_READER, is_up=False):
                    logger.warning(
                        "prices of the trading process cannot be read",
                        reason=type(error).__name__,
                    )
                self._stopping.wait(_RETRY_S)
            except Exception:
                logger.exception("a message between processes could not be processed")
            finally:
                channel.close()

    def _messages(self, channel: Any) -> list[tuple[bytes, bytes]]:
        """Read all pending messages, so that a process that is behind skips outdated prices."""
        found: list[tuple[bytes, bytes]] = []
        message = channel.get_message(timeout=HEARTBEAT_S)
        while message is not None:
            found.append((message["channel"], message["data"]))
            message = channel.get_message(timeout=0) if len(found) < _MAX_MESSAGES else None
        return found

    def _process_messages(self, messages: list[tuple[bytes, bytes]]) -> None:
        newest: dict[int, Tick] = {}
        ticks_channel, is_trader = self._ticks_channel.encode(), self._is_trader()
        for channel, body in messages:
            if channel != ticks_channel:
                if is_trader:
                    self._serve(_SUBSCRIPTIONS.decode(body))
            elif not is_trader:
                former, self._last_message = self._last_message.process, self._read_ticks(body)
                self._last_message_s = monotonic()
                self._report = self._last_message.report or self._report
                if former != self._last_message.process:
                    newest.clear()
                    self._feed.reset()
                newest.update((tick.instrument_token, tick) for tick in self._last_message.ticks)
        if newest:
            self._apply(newest)

    def _read_ticks(self, body: bytes) -> TickMessage:
        """A message of the trading process; of another market only that it is of another."""
        message = _TICKS.decode(body)
        if message.market == self._feed.source.name:
            return message
        return TickMessage(message.process, error=OTHER_MARKET, report=FeedReport())

    def _apply(self, newest: dict[int, Tick]) -> None:
        known = [
            one for token in newest if (one := self._instruments.master.by_token(token)) is not None
        ]
        ticks = list(newest.values())
        self._feed.receive(ticks, known)
        self.received += len(ticks)
        self.lag_s = max(0.0, (self._feed.clock_now - ticks[-1].at).total_seconds())
        with self._arrived:
            self._arrived.notify_all()

    def _serve(self, wants: SubscriptionMessage) -> None:
        owner = ("process", wants.process)
        self._wanted[wants.process] = monotonic()
        known = {
            token: one
            for tokens in (*wants.wants.values(), wants.asks)
            for token in tokens
            if (one := self._instruments.master.by_token(token)) is not None
        }
        modes = {
            token: Mode(mode)
            for mode, tokens in sorted(wants.wants.items())
            for token in tokens
            if token in known
        }
        self._feed.subscriptions.set(
            owner, [Subscription(known[t], mode) for t, mode in modes.items()]
        )
        asked = [known[token] for token in wants.asks if token in known]
        if asked:
            self._collect(list(self._feed.quotes(asked).values()))

    def _expire_subscriptions(self, *, silent_s: float) -> None:
        for process, received_s in list(self._wanted.items()):
            if monotonic() - received_s > silent_s:
                del self._wanted[process]
                self._feed.unsubscribe(("process", process))

    def _is_fresh(self, token: int) -> bool:
        age_s = self._feed.age_s(token)
        return age_s is not None and age_s < FRESH_S

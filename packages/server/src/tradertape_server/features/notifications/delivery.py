"""The courier: takes what is due from the outbox and sends it, on an event loop of its own.

A channel is held by one process at a time (a lease), and one message is under way on it. Deliveries
are stored as `sending` before anything leaves: those found in this state without a holder may have
arrived, so they are sent once more with a note that says so. What surely did not arrive is tried
again with growing pauses. A channel that hangs costs its own person's turns only.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import Clock
from tradertape_server.features.notifications import repository
from tradertape_server.features.notifications.channels.message import (
    BlockingSender,
    Item,
    Message,
    Outcome,
    Sender,
    Target,
)
from tradertape_server.features.notifications.models import Channel, Delivery, Notification
from tradertape_server.platform.compute.job_leases import JobLeases
from tradertape_server.platform.crash_points import crash_point
from tradertape_server.platform.database.engine import Database
from tradertape_server.platform.http.routing import in_ist
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.secrets import SecretBox

QUEUE = "notification-channels"
POLL_S = 2.0
SEND_WITHIN_S = 45.0
MOST_AT_ONCE, MOST_OF_ONE = 16, 3  # messages under way; of one person
BLOCKING_THREADS, MOST_BLOCKED_OF_ONE = 8, 2
MOST_IN_MESSAGE = {"telegram": 500, "email": 500, "webhook": 100, "apprise": 500}
MESSAGES_PER_MINUTE = {"telegram": 20, "email": 6, "webhook": 60, "apprise": 12}
PAUSES = (5, 30, 120, 600, 1800, 7200)  # seconds before each further attempt
STOPPED = "The server stopped while this was being sent; it may have arrived."

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way."""

    kind: str
    target: Target
    message: Message
    delivery_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Senders:
    """How each kind of channel sends."""

    waiting: Mapping[str, Sender]
    blocking: Mapping[str, BlockingSender]


class Courier:
    """Sends what is due until it is stopped. public_url: of the console, for links."""

    def __init__(
        self, database: Database, clock: Clock, secrets: SecretBox, senders: Senders,
        *, public_url: str, emails: Callable[[Session, int], str],
    ) -> None:  # fmt: skip
        self._database, self._clock, self._secrets = database, clock, secrets
        self._senders, self._public_url, self._emails = senders, public_url, emails
        self._leases = JobLeases(database)
        self._threads = ThreadPoolExecutor(BLOCKING_THREADS, "notification-send")
        self._storing = ThreadPoolExecutor(2, "notification-store")
        self._of_user: Counter[int] = Counter()
        self._blocked: Counter[int] = Counter()
        self._held: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Send from now on; a second call does nothing."""
        if self._thread is None:
            self._leases.start()
            self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop taking; what is under way has some seconds to finish."""
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._leases.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._storing.shutdown(wait=False)

    def wake(self) -> None:
        """Look for deliveries now; from any thread."""
        loop, news = self._loop, self._news
        if loop is not None and news is not None and not loop.is_closed():
            loop.call_soon_threadsafe(news.set)

    def run_due(self) -> None:
        """Send everything that is due now, on the caller's thread: for tests and commands."""
        asyncio.run(self._until_nothing_is_due())

    async def _until_nothing_is_due(self) -> None:
        while parcels := await asyncio.to_thread(self._take):
            await asyncio.gather(*(self._carry(one) for one in parcels))

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        under_way: set[asyncio.Task[None]] = set()
        while not self._stopping:
            self._news.clear()
            try:
                parcels = await self._stored(self._take)
            except Exception as error:  # noqa: BLE001 - the database may be away
                logger.warning("notifications cannot be read", reason=type(error).__name__)
                parcels = []
            for parcel in parcels:
                task = asyncio.create_task(self._carry(parcel))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if not parcels:
                await self._pause()
        if under_way:
            await asyncio.wait(under_way, timeout=5)
        for task in under_way:
            task.cancel()

    async def _pause(self) -> None:
        assert self._news is not None  # noqa: S101 - set before
        try:
            await asyncio.wait_for(self._news.wait(), POLL_S)
        except TimeoutError:
            return

    async def _stored(self, call: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._storing, call, *given)

    # --- taking -------------------------------------------------------------------------------

    def _take(self) -> list[Parcel]:
        """Take one message for each free channel that has something due."""
        now = self._clock.now()
        with self._database.read() as session:
            due = repository.due_channels(session, now)
        parcels: list[Parcel] = []
        for channel_id, user_id in due:
            with self._lock:
                is_free = (
                    not self._stopping
                    and channel_id not in self._held
                    and len(self._held) < MOST_AT_ONCE
                    and self._of_user[user_id] < MOST_OF_ONE
                    and self._blocked[user_id] < MOST_BLOCKED_OF_ONE
                )
            if is_free and (parcel := self._take_from(channel_id, now)) is not None:
                with self._lock:
                    self._held.add(channel_id)
                    self._of_user[user_id] += 1
                parcels.append(parcel)
        return parcels

    def _take_from(self, channel_id: int, now: datetime) -> Parcel | None:
        with self._database.write() as session:
            channel = repository.lock_channel(session, channel_id)
            if channel is None or channel_id in self._leases.active_jobs(session, QUEUE):
                return None
            _return_lost(session, channel_id, now)
            found = self._next(session, channel, now)
            if not found:
                return None
            self._leases.take(session, QUEUE, channel_id)
            parcel = self._parcel(session, channel, found)
        self._leases.start_renewing(QUEUE, channel_id)
        crash_point("after_notification_taken")
        return parcel

    def _next(self, session: Session, channel: Channel, now: datetime) -> Sequence[Delivery]:
        """The deliveries of a channel's next message, marked as being sent."""
        found = repository.waiting(session, channel.id, now, 500)
        if not found:
            return []
        if not channel.is_enabled or not repository.is_linked(channel):
            for one in found:
                _end(one, repository.CANCELLED, "The channel is off.", now)
            return []
        since = now - timedelta(minutes=1)
        limit = MESSAGES_PER_MINUTE[channel.kind]
        if repository.count_messages(session, channel.id, since) >= limit:
            for one in found:
                one.due_at = now + timedelta(seconds=10)
            return []
        batch = found[0].batch
        chosen = [one for one in found if one.batch == batch][: MOST_IN_MESSAGE[channel.kind]]
        batch = batch or f"msg_{token_hex(12)}"
        for one in chosen:
            one.batch, one.status = batch, repository.SENDING
        session.flush()
        return chosen

    def _parcel(self, session: Session, channel: Channel, found: Sequence[Delivery]) -> Parcel:
        ids = tuple(one.id for one in found)
        rows = repository.batch(session, ids)
        opened = self._secrets.unseal(channel.secret) if channel.secret else b""
        target = Target(
            channel_id=channel.id,
            user_id=channel.user_id,
            email=self._emails(session, channel.user_id) if channel.kind == "email" else "",
            secret=(opened or b"").decode(),
            chat_id=channel.chat_id,
        )
        items = [self._item(notification) for _, notification in rows]
        is_repeat = any(one.is_repeat for one in found)
        message = Message(str(found[0].batch), items, is_repeat)
        return Parcel(channel.kind, target, message, ids)

    def _item(self, row: Notification) -> Item:
        return Item(row.id, row.event, row.severity, row.title, row.text,
                    self._public_url + row.path, row.at, row.subject)  # fmt: skip

    # --- sending ------------------------------------------------------------------------------

    async def _carry(self, parcel: Parcel) -> None:
        target = parcel.target
        try:
            outcome = await self._send(parcel)
            crash_point("after_notification_sent")
            await self._stored(self._record, parcel, outcome)
        except Exception as error:  # noqa: BLE001 - found as `sending` once the lease has expired
            logger.warning("a notification is not recorded", reason=type(error).__name__)
        finally:
            self._leases.stop_renewing(QUEUE, target.channel_id)
            with self._lock:
                self._held.discard(target.channel_id)
                self._of_user[target.user_id] -= 1
            if self._news is not None:
                self._news.set()

    async def _send(self, parcel: Parcel) -> Outcome:
        sender = self._senders.waiting.get(parcel.kind)
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                if sender is not None:
                    return await sender.send(parcel.target, parcel.message)
                return await self._send_blocking(parcel)
        except TimeoutError:
            return Outcome("unknown", f"No answer within {SEND_WITHIN_S:g} seconds.")
        except Exception as error:  # noqa: BLE001 - one channel's fault is not another's
            # Without the traceback: its values may be secret.
            logger.warning("a channel failed", kind=parcel.kind, reason=type(error).__name__)
            return Outcome("unknown", f"It failed ({type(error).__name__}).")

    async def _send_blocking(self, parcel: Parcel) -> Outcome:
        sender, user_id = self._senders.blocking[parcel.kind], parcel.target.user_id

        def count(_: Future[Outcome]) -> None:
            with self._lock:
                self._blocked[user_id] -= 1

        with self._lock:
            self._blocked[user_id] += 1
        try:
            sending = self._threads.submit(sender.send, parcel.target, parcel.message)
        except RuntimeError:  # the pool is stopped
            with self._lock:
                self._blocked[user_id] -= 1
            return Outcome("not_sent", "The server is stopping.")
        sending.add_done_callback(count)  # also when nobody waits for it any more
        return await asyncio.wrap_future(sending)

    def _record(self, parcel: Parcel, outcome: Outcome) -> None:
        now = self._clock.now()
        with self._database.write() as session:
            channel = session.get(Channel, parcel.target.channel_id, with_for_update=True)
            if not self._leases.release(session, QUEUE, parcel.target.channel_id):
                return  # another process has taken it over, and has recorded an unknown outcome
            if channel is None:
                return
            for one, _ in repository.batch(session, parcel.delivery_ids):
                if one.status == repository.SENDING:
                    record_attempt(one, outcome, now)
            if outcome.result == "sent":
                channel.last_sent_at, channel.last_error, channel.last_error_at = now, "", None
            else:
                channel.last_error, channel.last_error_at = outcome.reason[:300], now


def record_attempt(row: Delivery, outcome: Outcome, now: datetime) -> None:
    """Store an attempt in its delivery, and what follows: done, another attempt, or given up."""
    entry = {"at": in_ist(now), "outcome": outcome.result, "reason": outcome.reason}
    row.attempts = [*row.attempts, entry]
    count = len(row.attempts)
    if outcome.result == "sent":
        row.status, row.sent_at = repository.SENT, now
    elif outcome.result == "refused":
        row.status = repository.FAILED
    elif outcome.result == "unknown" and row.is_repeat:
        row.status = repository.UNKNOWN
    elif count > len(PAUSES):
        row.status = repository.UNKNOWN if row.is_repeat else repository.FAILED
    else:
        row.status = repository.WAITING
        row.is_repeat = row.is_repeat or outcome.result == "unknown"
        pause = timedelta(seconds=PAUSES[count - 1])
        row.due_at = now + max(pause, outcome.retry_after or pause)


def _return_lost(session: Session, channel_id: int, now: datetime) -> None:
    """Record an unknown outcome for what an ended process was sending."""
    for one in repository.in_status(session, channel_id, repository.SENDING):
        record_attempt(one, Outcome("unknown", STOPPED), now)


def _end(row: Delivery, status: str, reason: str, now: datetime) -> None:
    row.status = status
    row.attempts = [*row.attempts, {"at": in_ist(now), "outcome": status, "reason": reason}]

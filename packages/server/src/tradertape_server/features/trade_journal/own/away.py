"""Has a large journal read by a process of its own: thousands of fills never hold up a request."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import msgspec

from tradertape_server.features.wealth.child_process import Places
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.children import Children, ChildrenStopped, messages

logger = get_logger(__name__)

WITHIN_S = 300.0
MOST_HELD = 8  # people whose trades were read and not fetched
_AT_ONCE = 2
_MODULE = "tradertape_server.features.trade_journal.own.reading_process"


class Task(msgspec.Struct, frozen=True):
    """Whose trades to read, and where. The address of the database may have a password: it goes
    through a pipe, never in a command line."""

    user_id: int
    database_url: str
    home: str
    data_set: str
    is_real: bool


encode_task = msgspec.msgpack.Encoder().encode
decode_task = msgspec.msgpack.Decoder(Task).decode


class NotRead(Exception):
    """The process gave no answer: see the log."""


class Away(Protocol):
    """Reads a person's trades away from the requests."""

    def fetch(self, user_id: int) -> Any:
        """What was read, handed out once; None while it is being read, which the first call begins.
        Raises NotRead, and begins anew with the call after that."""
        ...

    def stop(self) -> None:
        """End what is being read."""
        ...


class ChildReader:
    """One process for each person, two at once; the others wait in order."""

    def __init__(self, places: Places, *, within_s: float = WITHIN_S) -> None:
        self._places = places
        self._children = Children(_MODULE, within_s=within_s)
        self._pool = ThreadPoolExecutor(_AT_ONCE, "journal")
        self._lock = threading.Lock()
        self._asked: OrderedDict[int, Future[Any]] = OrderedDict()

    def fetch(self, user_id: int) -> Any:
        """What was read, handed out once; None while it is being read, which the first call begins.
        Raises NotRead, and begins anew with the call after that."""
        with self._lock:
            found = self._asked.get(user_id)
            if found is None:
                self._forget_oldest()
                self._asked[user_id] = self._pool.submit(self._read, user_id)
                return None
            if not found.done():
                return None
            del self._asked[user_id]
        return found.result()

    def stop(self) -> None:
        """End what is being read."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._children.stop()
        self._pool.shutdown()

    def _forget_oldest(self) -> None:
        done = [user_id for user_id, one in self._asked.items() if one.done()]
        for user_id in done[: max(0, len(done) - MOST_HELD + 1)]:
            del self._asked[user_id]

    def _read(self, user_id: int) -> Any:
        places = self._places
        task = Task(user_id, places.database_url, str(places.home), places.data_set, places.is_real)
        try:
            with self._children.given(encode_task(task)) as answers:
                content = next(messages(answers), None)
        except (OSError, ChildrenStopped) as error:
            raise NotRead from error
        if content is None:
            logger.warning("no journal was read", user=user_id)
            raise NotRead
        return pickle.loads(content)  # noqa: S301 - of a process of our own

"""Has a book reckoned by a process of its own: a reckoning of seconds never holds up a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import msgspec

from tradertape_server.features.wealth.finished import FinishedBook
from tradertape_server.features.wealth.wire import Message, Task, decode_message, encode
from tradertape_server.platform.logging import get_logger
from tradertape_server.platform.processes.children import Children, ChildrenStopped, messages

logger = get_logger(__name__)

WITHIN_S = 900.0
_MODULE = "tradertape_server.features.wealth.reckoning_process"
_FAILED = "The book cannot be reckoned: see the server's log."


class ReckoningFailed(Exception):
    """No book; the text says why."""


class Reckoner(Protocol):
    """Reckons a large book away from the requests."""

    def reckon(self, user_id: int, today: date, progress: Callable[[int], None]) -> FinishedBook:
        """The finished book. Raises ReckoningFailed."""
        ...

    def stop(self) -> None:
        """End what is being reckoned."""
        ...


@dataclass(frozen=True, slots=True)
class Places:
    """Where a process finds the records and the market."""

    database_url: str
    home: Path
    data_set: str
    is_real: bool


class ChildReckoner:
    """One process for each book."""

    def __init__(self, places: Places, *, within_s: float = WITHIN_S) -> None:
        self._places = places
        self._children = Children(_MODULE, within_s=within_s)

    def reckon(self, user_id: int, today: date, progress: Callable[[int], None]) -> FinishedBook:
        """The finished book. Raises ReckoningFailed."""
        places = self._places
        task = Task(
            user_id, places.database_url, str(places.home), places.data_set, places.is_real, today
        )
        try:
            with self._children.given(encode(task)) as answers:
                message = _last(messages(answers), progress)
        except ChildrenStopped as error:
            raise ReckoningFailed("The server is stopping.") from error
        except OSError:
            message = None
        if message is None or message.book is None:
            logger.warning("no book was reckoned", user=user_id)
            raise ReckoningFailed(message.error if message and message.error else _FAILED)
        return message.book

    def stop(self) -> None:
        """End what is being reckoned."""
        self._children.stop()


def _last(answers: Iterable[bytes], progress: Callable[[int], None]) -> Message | None:
    """Report progress until the message with the book or an error; None if there is none."""
    for content in answers:
        try:
            message = decode_message(content)
        except msgspec.MsgspecError:
            return None
        if message.book is not None or message.error:
            return message
        progress(message.percent)
    return None

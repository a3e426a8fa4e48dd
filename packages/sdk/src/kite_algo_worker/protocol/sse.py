"""Parse server-sent events to messages, and keep the cursor to resume after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.models.base import JsonDict


class LineSplitter:
    """Splits bytes into lines, at newlines only: JSON may contain other line breaks."""

    def __init__(self) -> None:
        self._rest = b""

    def lines(self, chunk: bytes) -> list[str]:
        """Return the lines that end in this chunk."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return [line.rstrip(b"\r").decode("utf-8", "replace") for line in whole]


@dataclass
class EventReader:
    """Parses the lines of one stream, across several connections.

    last_id: the cursor of the last event. resumes: the server sent a reconnection time, so an
    unannounced end of the response is a disconnect. is_over: the server ended the stream.
    has_received: the present connection has delivered something, if only a heartbeat.
    """

    last_id: str = ""
    resumes: bool = False
    retry_s: float | None = None
    is_over: bool = False
    has_received: bool = False
    _name: str = field(default="", init=False)
    _id: str = field(default="", init=False)

    def begin(self) -> None:
        """Start a new connection: discard the incomplete event of the last one."""
        self._name = self._id = ""
        self.has_received = False

    def messages(self, line: str) -> Iterator[JsonDict]:
        """Yield the message that ends with this line, if any.

        Raises KiteAlgoWorkerError for an event `error` and for what is not JSON.
        """
        self.has_received = True
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if not line:
            self._name = self._id = ""
        elif name == "event":
            self._name = value
        elif name == "id":
            self._id = value
        elif name == "retry" and value.isdigit():
            self.resumes, self.retry_s = True, int(value) / 1000
        elif name == "data" and value.strip():
            yield from self._message(value)

    def _message(self, text: str) -> Iterator[JsonDict]:
        message = _parsed(text)
        name, self._name = self._name, ""
        if name == "end":
            self.is_over = True
        elif name == "error":
            raise _failure(message)
        else:
            self.last_id = self._id or _cursor(message) or self.last_id
            yield message


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise KiteAlgoWorkerError(
            f"the stream sent a message that is not JSON: {text[:80]}", status_code=0
        ) from None


def _failure(message: Any) -> KiteAlgoWorkerError:
    detail = str(_fields(message).get("detail") or json.dumps(message))
    return KiteAlgoWorkerError(detail, status_code=0, response_body=message)


def _cursor(message: Any) -> str:
    # Events of a timeline contain their cursor, too.
    cursor = _fields(message).get("cursor")
    return str(cursor) if isinstance(cursor, int) else ""


def _fields(message: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", message) if isinstance(message, Mapping) else {}

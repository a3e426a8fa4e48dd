"""A request as a value, as both clients send it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Generic, Protocol, TypeVar, cast
from urllib.parse import quote

from kite_algo_worker.models.base import JsonDict

Result = TypeVar("Result")
Other = TypeVar("Other")
_PLAIN_IN_PATHS = ":@+=,~"


class Repeat(Enum):
    """Whether a request may be sent again when its answer is lost."""

    NEVER = "never"  # a write without a key: it may have been executed
    KEYED = "keyed"  # a write with a key: the server executes it once
    FREELY = "freely"  # a read


@dataclass(frozen=True)
class Call(Generic[Result]):
    """A request, and the function that reads its answer.

    nonce: of the session, sent in a header. repeat: whether it may be sent again. key: under which
    the server executes it once, made for this call and sent in a header. mode: the execution mode
    it requests, enters: the run whose positions it may open; both are read by the live gate.
    """

    method: str
    path: str
    read: Callable[[Any], Result]
    params: Mapping[str, Any] | None = None
    body: JsonDict | None = None
    nonce: str | None = None
    repeat: Repeat = Repeat.NEVER
    key: str | None = None
    mode: str = ""
    enters: str | None = None

    def then(self, further: Callable[[Result], Other]) -> Call[Other]:
        """Return the same call, with `further` applied to its answer."""
        first = self.read

        def both(body: Any) -> Other:
            return further(first(body))

        return cast("Call[Other]", replace(self, read=cast("Any", both)))

    def after(self, cursor: str, cursor_key: str | None) -> Call[Result]:
        """Return the call that resumes a stream after `cursor`, sent as `cursor_key` if any."""
        if not cursor or cursor_key is None:
            return self
        return replace(self, params={**(self.params or {}), cursor_key: cursor})

    @property
    def query(self) -> dict[str, str]:
        """The query parameters as texts, without those that are None."""
        given = (self.params or {}).items()
        return {name: _text(value) for name, value in given if value is not None}


class Sender(Protocol):
    """A client, as its option calls need it."""

    def _send(self, call: Call[Result]) -> Result: ...


class AsyncSender(Protocol):
    """An asyncio client, as its option calls need it."""

    async def _send(self, call: Call[Result]) -> Result: ...


def get(path: str, params: Mapping[str, Any] | None = None) -> Call[JsonDict]:
    """Return a read: GET, repeated freely."""
    return Call("GET", path, as_object, params=params, repeat=Repeat.FREELY)


def ask(path: str, body: JsonDict) -> Call[JsonDict]:
    """Return a read whose parameters are in the body: POST, repeated freely."""
    return Call("POST", path, as_object, body=body, repeat=Repeat.FREELY)


def post(path: str, body: JsonDict | None = None, *, nonce: str | None = None) -> Call[JsonDict]:
    """Return a write: POST, never repeated."""
    return Call("POST", path, as_object, body=body, nonce=nonce)


def once(call: Call[Result]) -> Call[Result]:
    """Return the same write under a key of its own: it may be sent again, and is executed once."""
    return replace(call, key=uuid.uuid4().hex, repeat=Repeat.KEYED)


def part(identifier: object) -> str:
    """Return an id, quoted, as a part of a path."""
    return quote(str(identifier), safe=_PLAIN_IN_PATHS)


def as_object(body: Any) -> JsonDict:
    """Return the answer unchanged."""
    return cast("JsonDict", body)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

"""A request before it is sent: the one form that all clients send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

from kite_algo_worker.models.base import JsonDict

Result = TypeVar("Result")
Other = TypeVar("Other")
_PLAIN_IN_PATHS = ":@+=,~"


class Repeat(Enum):
    """Whether a request may be sent again when its answer is lost."""

    NEVER = "never"  # a write without a key: it may have been carried out
    KEYED = "keyed"  # a write with its key: the server carries it out once
    FREELY = "freely"  # a read


@dataclass(frozen=True)
class Call(Generic[Result]):
    """What to send, and how to read the answer.

    nonce: the session's, in a header. mode: the execution mode it asks for; enters: the run it
    trades in. Both are for the live gate.
    """

    method: str
    path: str
    read: Callable[[Any], Result]
    params: Mapping[str, Any] | None = None
    body: JsonDict | None = None
    nonce: str | None = None
    repeat: Repeat = Repeat.NEVER
    mode: str = ""
    enters: str | None = None

    def then(self, further: Callable[[Result], Other]) -> Call[Other]:
        """The same request, its answer read one step further."""
        first = self.read

        def both(body: Any) -> Other:
            return further(first(body))

        return cast("Call[Other]", replace(self, read=cast("Any", both)))

    def after(self, cursor: str, cursor_key: str | None) -> Call[Result]:
        """The same request of a stream, going on after a cursor that it has a parameter for."""
        if not cursor or cursor_key is None:
            return self
        return replace(self, params={**(self.params or {}), cursor_key: cursor})

    @property
    def query(self) -> dict[str, str]:
        """The query as texts; None is left out."""
        given = (self.params or {}).items()
        return {name: _text(value) for name, value in given if value is not None}


def get(path: str, params: Mapping[str, Any] | None = None) -> Call[JsonDict]:
    """A read."""
    return Call("GET", path, as_object, params=params, repeat=Repeat.FREELY)


def ask(path: str, body: JsonDict) -> Call[JsonDict]:
    """A read whose question is too long for a query: it changes nothing."""
    return Call("POST", path, as_object, body=body, repeat=Repeat.FREELY)


def post(path: str, body: JsonDict | None = None, *, nonce: str | None = None) -> Call[JsonDict]:
    """A write."""
    return Call("POST", path, as_object, body=body, nonce=nonce)


def part(identifier: object) -> str:
    """An id as a part of a path."""
    return quote(str(identifier), safe=_PLAIN_IN_PATHS)


def as_object(body: Any) -> JsonDict:
    """The answer as it is."""
    return cast("JsonDict", body)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

"""The text protocol of NATS, as a client reads and writes it. No I/O.

Source: docs.nats.io/reference/reference-protocols/nats-protocol. A WebSocket frame is a piece of
the stream: it may hold several operations, or a part of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

_END: Final = b"\r\n"
_LONGEST_LINE, _LARGEST_MESSAGE = 64 * 1024, 8 * 1024 * 1024

PING: Final = b"PING\r\n"
PONG: Final = b"PONG\r\n"


class ProtocolError(Exception):
    """The stream is not NATS: the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The server's first line. nonce: what the client signs."""

    nonce: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message under a subject."""

    subject: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """The server wants a PONG."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The server's PONG: what was sent before it is done."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """`-ERR`: the server's words. subject: of a subscription that it does not admit."""

    text: str

    @property
    def subject(self) -> str | None:
        """The refused subject; None where the whole connection is meant."""
        if not self.text.lower().startswith("permissions violation"):
            return None
        return self.text.partition('"')[2].rpartition('"')[0] or None


Operation = Greeting | Message | Asked | Answered | Complaint


@dataclass(slots=True)
class OperationReader:
    """Cuts a stream of bytes into operations, however it was cut into frames."""

    _held: bytearray = field(default_factory=bytearray)
    _subject: str = ""
    _size: int = -1  # of the message that is being read, with its end; below 0: none
    _skip: int = 0  # bytes of headers before its payload

    def feed(self, chunk: bytes) -> Iterator[Operation]:
        """Take bytes in; give every operation that is now complete. Raises ProtocolError."""
        self._held += chunk
        while (found := self._next()) is not None:
            if not isinstance(found, bool):
                yield found

    def _next(self) -> Operation | bool | None:
        """The next operation; True for one that says nothing, None where bytes are missing."""
        if self._size >= 0:
            return self._message()
        end = self._held.find(_END)
        if end > _LONGEST_LINE or (end < 0 and len(self._held) > _LONGEST_LINE):
            raise ProtocolError("a line is too long")
        if end < 0:
            return None
        line = bytes(self._held[:end])
        del self._held[: end + len(_END)]
        return self._read(line)

    def _message(self) -> Message | None:
        if len(self._held) < self._size:
            return None
        whole = bytes(self._held[: self._size])
        if not whole.endswith(_END):
            raise ProtocolError("a message does not end where it should")
        del self._held[: self._size]
        self._size = -1
        return Message(self._subject, whole[self._skip : -len(_END)])

    def _read(self, line: bytes) -> Operation | bool:
        try:
            name, _, rest = line.decode().partition(" ")
        except UnicodeDecodeError:
            raise ProtocolError("a line is no text") from None
        match name.upper():
            case "MSG" | "HMSG":
                return self._begin(rest.split(), has_headers=name.upper() == "HMSG")
            case "PING":
                return Asked()
            case "PONG":
                return Answered()
            case "INFO":
                return Greeting(str(_fields(rest).get("nonce") or ""))
            case "-ERR":
                return Complaint(rest.strip().strip("'"))
            case "+OK" | "":
                return True
            case _:
                raise ProtocolError("an operation is unknown")

    def _begin(self, words: list[str], *, has_headers: bool) -> bool:
        """Note what message follows: `subject sid [reply] [size of headers] size`."""
        fewest = 4 if has_headers else 3
        if not fewest <= len(words) <= fewest + 1:
            raise ProtocolError("a message has no size")
        size, skip = _count(words[-1]), _count(words[-2]) if has_headers else 0
        if skip > size:
            raise ProtocolError("a message is shorter than its headers")
        self._subject, self._size, self._skip = words[0], size + len(_END), skip
        return True


def connect(*, jwt: str, signature: str) -> bytes:
    """The line that signs in, and a PING whose PONG says that it succeeded."""
    options = {
        "jwt": jwt,
        "sig": signature,
        "lang": "python",
        "version": "1",
        "protocol": 1,
        "verbose": False,
        "pedantic": False,
        "headers": True,
        "no_responders": True,
        "echo": False,
    }
    return b"CONNECT " + json.dumps(options, separators=(",", ":")).encode() + _END + PING


def subscribe(subject: str, number: int) -> bytes:
    """Ask for the messages of a subject."""
    return f"SUB {subject}  {number}\r\n".encode()


def unsubscribe(number: int) -> bytes:
    """Ask for no more of them."""
    return f"UNSUB {number}\r\n".encode()


def _fields(text: str) -> Mapping[str, Any]:
    try:
        found: object = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProtocolError("the greeting cannot be read")
    return cast(Mapping[str, Any], found)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > _LARGEST_MESSAGE:
        raise ProtocolError("a size is no number, or too large")
    return int(text)

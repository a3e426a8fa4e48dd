"""The text protocol of NATS, as a server reads and writes it. No I/O.

Source: the NATS client protocol, docs.nats.io/reference/reference-protocols/nats-protocol.
A WebSocket frame is a piece of the stream: it may hold several commands, or a part of one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

MAX_LINE = 64 * 1024  # a CONNECT with its token is about 2 kB
MAX_PAYLOAD = 1024 * 1024
_END = b"\r\n"

PING = b"PING\r\n"
PONG = b"PONG\r\n"
OK = b"+OK\r\n"


class ProtocolViolation(Exception):
    """The client sent what the protocol does not have; the text is NATS's own."""


@dataclass(frozen=True, slots=True)
class Connect:
    """What the client says of itself: its token and the signature of the nonce among it."""

    options: Mapping[str, object]

    def text(self, name: str) -> str:
        """A text option; empty without one."""
        value = self.options.get(name)
        return value if isinstance(value, str) else ""

    @property
    def is_verbose(self) -> bool:
        """Whether each command is to be acknowledged."""
        return self.options.get("verbose") is True


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Messages of a subject are wanted, under the client's own number."""

    subject: str
    sid: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """They are no longer wanted, at once or after `after` messages in all."""

    sid: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Publish:
    """The client sends a message; its payload is read over."""

    subject: str


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks for a PONG."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The client answers a PING."""


Command = Connect | Subscribe | Unsubscribe | Publish | Ping | Pong


@dataclass(slots=True)
class CommandReader:
    """Cuts a stream of bytes into commands, however it was cut into frames."""

    _held: bytearray = field(default_factory=bytearray)
    _payload: int = 0  # bytes of a published message still to be read over

    def feed(self, chunk: bytes) -> Iterator[Command]:
        """Take bytes in; give every command that is now complete.

        Raises ProtocolViolation, after which the connection is of no more use.
        """
        self._held += chunk
        while True:
            if self._payload:
                passed = min(self._payload, len(self._held))
                del self._held[:passed]
                self._payload -= passed
                if self._payload:
                    return
            end = self._held.find(_END)
            if end > MAX_LINE or (end < 0 and len(self._held) > MAX_LINE):
                raise ProtocolViolation("Maximum Control Line Exceeded")
            if end < 0:
                return
            line = bytes(self._held[:end])
            del self._held[: end + len(_END)]
            if line:
                yield self._read(line)

    def _read(self, line: bytes) -> Command:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise ProtocolViolation("Unknown Protocol Operation") from None
        name, _, rest = text.partition(" ")
        words = rest.split()
        match name.upper():
            case "PING":
                return Ping()
            case "PONG":
                return Pong()
            case "CONNECT":
                return Connect(_options(rest))
            case "SUB" if 2 <= len(words) <= 3:
                return Subscribe(words[0], words[-1])
            case "UNSUB" if 1 <= len(words) <= 2:
                return Unsubscribe(words[0], _count(words[1]) if len(words) == 2 else 0)
            case "PUB" | "HPUB" if 2 <= len(words) <= 4:
                size = _count(words[-1])
                if size > MAX_PAYLOAD:
                    raise ProtocolViolation("Maximum Payload Violation")
                self._payload = size + len(_END)
                return Publish(words[0])
            case _:
                raise ProtocolViolation("Unknown Protocol Operation")


def info(options: Mapping[str, object]) -> bytes:
    """The server's first line."""
    return b"INFO " + json.dumps(options, separators=(",", ":")).encode() + _END


def message(subject: str, sid: str, payload: bytes) -> bytes:
    """A message to a subscription."""
    return b"MSG %b %b %d\r\n%b\r\n" % (subject.encode(), sid.encode(), len(payload), payload)


def error(text: str) -> bytes:
    """An error; NATS puts its text between quotes."""
    return f"-ERR '{text}'\r\n".encode()


def _options(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProtocolViolation("Parser Error")
    return cast(dict[str, object], found)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ProtocolViolation("Parser Error")
    return int(text)

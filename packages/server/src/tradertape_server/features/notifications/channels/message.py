"""A message, and what becomes of sending one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from tradertape_core.kernel.clock import IST

MARKS = {"critical": "🔴", "warning": "🟠", "info": "🔵"}
REPEATED = "This may be a repeat: it is not known whether an earlier attempt arrived."


@dataclass(frozen=True, slots=True)
class Item:
    """One notification of a message."""

    id: int
    event: str
    severity: str
    title: str
    text: str
    url: str
    at: datetime
    subject: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """Notifications that are sent together. id: the same whenever this message is sent again."""

    id: str
    items: Sequence[Item]
    is_repeat: bool = False

    @property
    def title(self) -> str:
        """One line."""
        if len(self.items) == 1:
            return self.items[0].title
        return f"{len(self.items)} notifications"

    def text(self, most: int) -> str:
        """Plain text of at most `most` characters, critical first; what does not fit is counted."""
        tail = [REPEATED] if self.is_repeat else []
        lines: list[str] = []
        left = most - sum(len(one) + 2 for one in tail) - 40
        for place, item in enumerate(sorted(self.items, key=_rank)):
            line = self._line(item)
            if len(line) + 2 > left:
                lines.append(f"… and {len(self.items) - place} more in the console.")
                break
            left -= len(line) + 2
            lines.append(line)
        return "\n\n".join([*lines, *tail])[:most]

    def _line(self, item: Item) -> str:
        at = item.at.astimezone(IST)
        mark = MARKS.get(item.severity, "")
        body = f"\n{item.text}" if item.text and item.text != item.title else ""
        return f"{mark} {item.title}{body}\n{at:%d %b %H:%M:%S} IST · {item.url}"


def _rank(item: Item) -> int:
    return list(MARKS).index(item.severity)


Result = Literal["sent", "refused", "not_sent", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt.

    refused: it will not be accepted later either. not_sent: it surely did not arrive and may be
    tried again. unknown: it may have arrived. reason: for people, without secrets.
    """

    result: Result
    reason: str = ""
    retry_after: timedelta | None = None


SENT = Outcome("sent")


@dataclass(frozen=True, slots=True)
class Target:
    """To whom: what a channel has of its own."""

    channel_id: int
    user_id: int
    email: str
    secret: str = field(default="", repr=False)
    chat_id: int | None = None


class Sender(Protocol):
    """Sends by one kind of channel."""

    async def send(self, target: Target, message: Message) -> Outcome:
        """Send once. It does not raise for what the other side does."""
        ...


class BlockingSender(Protocol):
    """The same for what blocks its thread."""

    def send(self, target: Target, message: Message) -> Outcome:
        """Send once, on the caller's thread."""
        ...

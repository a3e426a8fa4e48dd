"""What one beat of the feed brought, written once for all clients that want the same of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tradertape_server.features.feed.shapes import Quoted, Shape, console_tick, kite_quote
from tradertape_server.features.feed.source import Mode


class Selection:
    """Which instruments a client wants in which mode; equal selections are one object."""

    __slots__ = ("key", "modes")
    _known: dict[frozenset[tuple[int, Mode]], Selection] = {}  # noqa: RUF012 - shared by design
    _most_known = 2_000

    def __init__(self, key: frozenset[tuple[int, Mode]]) -> None:
        self.key = key
        self.modes: dict[int, Mode] = dict(key)

    @classmethod
    def of(cls, modes: Mapping[int, Mode]) -> Selection:
        """The selection of these; the same object as long as it is remembered."""
        key = frozenset(modes.items())
        found = cls._known.get(key)
        if found is None:
            found = cls(key)
            while len(cls._known) >= cls._most_known:
                cls._known.pop(next(iter(cls._known)), None)
            cls._known[key] = found
        return found


class TickFrame:
    """The newest ticks of some instruments."""

    __slots__ = ("_messages", "quotes")

    def __init__(self, quotes: Mapping[int, Quoted]) -> None:
        self.quotes = quotes
        self._messages: dict[tuple[Selection, str], bytes] = {}

    def over(self, older: TickFrame) -> TickFrame:
        """This frame and what only the older one has: what a slow client gets."""
        return TickFrame({**older.quotes, **self.quotes})

    def console(self, wanted: Selection) -> bytes:
        """The console's message; empty when nothing in it is wanted."""
        return self._message(wanted, "console", _console)

    def worker(self, wanted: Selection) -> bytes:
        """The workers' message; empty when nothing in it is wanted."""
        return self._message(wanted, "worker", _worker)

    def _message(self, wanted: Selection, kind: str, write: _Writer) -> bytes:
        key = (wanted, kind)
        made = self._messages.get(key)
        if made is None:
            quotes, modes = self.quotes, wanted.modes
            small, large = (modes, quotes) if len(modes) < len(quotes) else (quotes, modes)
            parts = [(quotes[token], modes[token]) for token in small if token in large]
            made = self._messages[key] = write(parts) if parts else b""
        return made


class _Writer:
    """Joins ticks that are written already into a message."""

    def __init__(self, head: bytes, tail: bytes, shape: Shape, *, is_keyed: bool) -> None:
        self._head, self._tail, self._shape, self._is_keyed = head, tail, shape, is_keyed

    def __call__(self, parts: Iterable[tuple[Quoted, Mode]]) -> bytes:
        shape = self._shape
        if self._is_keyed:
            body = b",".join(
                b'"%s":%s' % (quoted.tick.instrument_id.encode(), quoted.json(shape, mode))
                for quoted, mode in parts
            )
        else:
            body = b",".join([quoted.json(shape, mode) for quoted, mode in parts])
        return self._head + body + self._tail


_console = _Writer(b'{"type":"ticks","data":{', b"}}", console_tick, is_keyed=True)
_worker = _Writer(b'{"ticks":[', b"]}", kite_quote, is_keyed=False)

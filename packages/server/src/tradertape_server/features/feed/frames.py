"""What one beat of the feed brought, written once for all clients that want the same of it."""

from __future__ import annotations

from collections.abc import Mapping

from tradertape_server.features.feed.shapes import Quoted, Shape, console_tick, kite_quote
from tradertape_server.features.feed.source import Mode


class Selection:
    """Which instruments a client wants in which mode; equal selections are one object."""

    __slots__ = ("by_mode",)
    _known: dict[frozenset[tuple[int, Mode]], Selection] = {}  # noqa: RUF012 - shared by design
    _most_known = 2_000

    def __init__(self, modes: Mapping[int, Mode]) -> None:
        wanted = {mode: [t for t, one in modes.items() if one is mode] for mode in Mode}
        self.by_mode = [(mode, tuple(tokens)) for mode, tokens in wanted.items() if tokens]

    @classmethod
    def of(cls, modes: Mapping[int, Mode]) -> Selection:
        """The selection of these; the same object as long as it is remembered."""
        key = frozenset(modes.items())
        found = cls._known.get(key)
        if found is None:
            found = cls(modes)
            while len(cls._known) >= cls._most_known:
                cls._known.pop(next(iter(cls._known)), None)
            cls._known[key] = found
        return found


class TickFrame:
    """The newest ticks of some instruments."""

    __slots__ = ("_messages", "_written", "quotes")

    def __init__(self, quotes: Mapping[int, Quoted]) -> None:
        self.quotes = quotes
        self._messages: dict[tuple[Selection, _Form], bytes] = {}
        self._written: dict[tuple[_Form, Mode], _Parts] = {}

    def over(self, older: TickFrame) -> TickFrame:
        """This frame and what only the older one has: what a slow client gets."""
        return TickFrame({**older.quotes, **self.quotes})

    def console(self, wanted: Selection) -> bytes:
        """The console's message; empty when nothing in it is wanted."""
        return self._message(wanted, _CONSOLE)

    def worker(self, wanted: Selection) -> bytes:
        """The workers' message; empty when nothing in it is wanted."""
        return self._message(wanted, _WORKER)

    def _message(self, wanted: Selection, form: _Form) -> bytes:
        made = self._messages.get((wanted, form))
        if made is None:
            parts = [self._joined(form, mode, tokens) for mode, tokens in wanted.by_mode]
            body = b",".join(part for part in parts if part)
            made = form.head + body + form.tail if body else b""
            self._messages[wanted, form] = made
        return made

    def _joined(self, form: _Form, mode: Mode, tokens: tuple[int, ...]) -> bytes:
        key = (form, mode)
        parts = self._written.get(key)
        if parts is None:
            parts = self._written[key] = _Parts(self.quotes, form, mode)
        try:
            return b",".join(map(parts.__getitem__, tokens))
        except KeyError:  # not all of them ticked in this beat
            quotes = self.quotes
            return b",".join([parts[token] for token in tokens if token in quotes])


class _Form:
    """How a message is put together."""

    def __init__(self, head: bytes, tail: bytes, shape: Shape, *, is_keyed: bool) -> None:
        self.head, self.tail, self.shape, self.is_keyed = head, tail, shape, is_keyed


class _Parts(dict[int, bytes]):
    """The ticks of a frame in one form, each written when it is first wanted."""

    def __init__(self, quotes: Mapping[int, Quoted], form: _Form, mode: Mode) -> None:
        self._quotes, self._form, self._mode = quotes, form, mode

    def __missing__(self, token: int) -> bytes:
        quoted = self._quotes[token]
        part = quoted.json(self._form.shape, self._mode)
        if self._form.is_keyed:
            part = b'"%s":%s' % (quoted.tick.instrument_id.encode(), part)
        self[token] = part
        return part


_CONSOLE = _Form(b'{"type":"ticks","data":{', b"}}", console_tick, is_keyed=True)
_WORKER = _Form(b'{"ticks":[', b"]}", kite_quote, is_keyed=False)

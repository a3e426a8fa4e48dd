"""What one beat of the feed brought, written once for all clients that want the same of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from tradertape_server.features.feed.shapes import Quoted, Shape, console_tick, kite_quote
from tradertape_server.features.feed.source import Mode


class Selection:
    """Which instruments a client wants in which mode; equal selections are one object."""

    __slots__ = ("by_mode", "pick")
    _known: dict[frozenset[tuple[int, Mode]], Selection] = {}  # noqa: RUF012 - shared by design
    _most_known = 2_000

    def __init__(self, modes: Mapping[int, Mode]) -> None:
        wanted = {mode: [t for t, one in modes.items() if one is mode] for mode in Mode}
        self.by_mode = [(mode, tuple(tokens)) for mode, tokens in wanted.items() if tokens]
        # Looks all of a mode up in one call; one token alone would not come as a tuple.
        self.pick = {mode: itemgetter(*tokens, tokens[0]) for mode, tokens in self.by_mode}

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

    __slots__ = ("_asked", "_laid", "_messages", "_written", "quotes")

    def __init__(self, quotes: Mapping[int, Quoted]) -> None:
        self.quotes = quotes
        self._messages: dict[tuple[Selection, _Form], bytes] = {}
        self._asked: set[tuple[Selection, _Form]] = set()
        self._laid: tuple[TickFrame, TickFrame] | None = None
        self._written: dict[tuple[_Form, Mode], _Parts] = {}

    def over(self, older: TickFrame) -> TickFrame:
        """This frame and what only the older one has: what slow clients get, all the same one."""
        if self._laid is None or self._laid[0] is not older:
            self._laid = older, TickFrame({**older.quotes, **self.quotes})
        return self._laid[1]

    def console(self, wanted: Selection) -> bytes:
        """The console's message; empty when nothing in it is wanted."""
        return self._message(wanted, _CONSOLE)

    def worker(self, wanted: Selection) -> bytes:
        """The workers' message; empty when nothing in it is wanted."""
        return self._message(wanted, _WORKER)

    def _message(self, wanted: Selection, form: _Form) -> bytes:
        key = (wanted, form)
        made = self._messages.get(key)
        if made is not None:
            return made
        parts: list[bytes] = []
        for mode, tokens in wanted.by_mode:
            parts += self._parts(form, mode, tokens, wanted)
        made = b"".join((form.head, b",".join(parts), form.tail)) if parts else b""
        # Kept from the second time on: what one client alone wants is not held for nobody.
        if key in self._asked:
            self._messages[key] = made
        self._asked.add(key)
        return made

    def _parts(
        self, form: _Form, mode: Mode, tokens: tuple[int, ...], wanted: Selection
    ) -> Sequence[bytes]:
        parts = self._written.get((form, mode))
        if parts is None:
            parts = self._written[form, mode] = _Parts(self.quotes, form, mode)
        try:
            return wanted.pick[mode](parts)[:-1]
        except KeyError:  # not all of them ticked in this beat
            quotes = self.quotes
            return [parts[token] for token in tokens if token in quotes]


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

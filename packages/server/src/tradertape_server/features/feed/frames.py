"""What one beat of the feed brought, written once for all clients that want something of it.

Every instrument has a slot. The ticks of a beat are written into a list by slot, once for each form
and mode; a client's message picks its slots of that list in one call and joins them in another, and
clients that want the same share the message.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from operator import itemgetter
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from tradertape_server.features.feed.shapes import Quoted, Shape, console_tick, kite_quote
from tradertape_server.features.feed.source import Mode


class Selection:
    """Which instruments a client wants in which mode; equal selections are one object.

    A tick is written in the modes of the selections that are held by somebody.
    """

    __slots__ = ("__weakref__", "by_mode", "picks", "top")

    def __init__(self, modes: Mapping[int, Mode]) -> None:
        self.by_mode = {
            mode: [token for token, one in modes.items() if one is mode]
            for mode in sorted(set(modes.values()))
        }
        slots = {mode: _SLOTS.of(tokens) for mode, tokens in self.by_mode.items()}
        # Slot 0 is nobody's: with it, the slots picked are a tuple even where there is only one.
        self.picks = [(mode, itemgetter(0, *found)) for mode, found in slots.items()]
        self.top = max((max(found) for found in slots.values()), default=0)

    @classmethod
    def of(cls, modes: Mapping[int, Mode]) -> Selection:
        """The selection of these; the same object as long as somebody holds it."""
        key = frozenset(modes.items())
        found = _KNOWN.get(key)
        if found is None:
            found = _KNOWN[key] = cls(modes)
            _WISHES.add(found)
        return found


class TickFrame:
    """The newest ticks of some instruments."""

    __slots__ = ("__weakref__", "_asked", "_laid", "_messages", "_written", "quotes")

    def __init__(self, quotes: Mapping[int, Quoted]) -> None:
        self.quotes = quotes
        self._messages: dict[tuple[Selection, _Form], bytes] = {}
        self._asked: set[tuple[Selection, _Form]] = set()
        # None: there is nothing in the older one that is not newer here.
        self._laid: WeakKeyDictionary[TickFrame, TickFrame | None] = WeakKeyDictionary()
        self._written: dict[tuple[Shape, Mode], list[bytes]] = {}

    def over(self, older: TickFrame) -> TickFrame:
        """This frame and what only the older one has: what slow clients get, all the same one."""
        try:
            laid = self._laid[older]
        except KeyError:
            covers = older.quotes.keys() <= self.quotes.keys()
            laid = None if covers else TickFrame({**older.quotes, **self.quotes})
            self._laid[older] = laid
        return self if laid is None else laid

    def console(self, wanted: Selection) -> bytes:
        """The console's message; empty when nothing in it is wanted."""
        return self._message(wanted, _CONSOLE)

    def worker(self, wanted: Selection) -> bytes:
        """The workers' message; empty when nothing in it is wanted."""
        return self._message(wanted, _WORKER)

    def worker_event(self, wanted: Selection) -> bytes:
        """The workers' message as a server-sent event; empty when nothing in it is wanted."""
        return self._message(wanted, _WORKER_EVENT)

    def _message(self, wanted: Selection, form: _Form) -> bytes:
        key = (wanted, form)
        made = self._messages.get(key)
        if made is not None:
            return made
        made = self._joined(wanted, form)
        # Kept from the second time on: what one client alone wants is not held for nobody.
        if key in self._asked:
            self._messages[key] = made
        self._asked.add(key)
        return made

    def _joined(self, wanted: Selection, form: _Form) -> bytes:
        found: list[bytes] = [form.head]
        for mode, pick in wanted.picks:
            found += pick(self._by_slot(form, mode, wanted.top))
        for place in range(len(found) - 1, 0, -1):
            if found[place]:
                found[place] = found[place][:-1]  # no comma after the last
                found.append(form.tail)
                return b"".join(found)
        return b""

    def _by_slot(self, form: _Form, mode: Mode, top: int) -> list[bytes]:
        """Every tick that is wanted in a mode, with the comma after it, in its slot."""
        written = self._written.get((form.shape, mode))
        if written is None:
            slots = _SLOTS.by_token
            written = self._written[form.shape, mode] = [b""] * (len(slots) + 1)
            for token in self.quotes.keys() & _WISHES.tokens[mode]:
                written[slots[token]] = form.part(self.quotes[token], mode)
        if len(written) <= top:  # slots that were given out since
            written += [b""] * (top + 1 - len(written))
        return written


class _Form:
    """How a message is put together."""

    def __init__(self, head: bytes, tail: bytes, shape: Shape, *, is_keyed: bool) -> None:
        self.head, self.tail, self.shape, self.is_keyed = head, tail, shape, is_keyed

    def part(self, quoted: Quoted, mode: Mode) -> bytes:
        """One tick of a message, and a comma."""
        written = quoted.json(self.shape, mode)
        if self.is_keyed:
            return b'"%s":%s,' % (quoted.tick.instrument_id.encode(), written)
        return written + b","


class _Slots:
    """Where each instrument's tick is written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_token: dict[int, int] = {}

    def of(self, tokens: Iterable[int]) -> list[int]:
        """The slots of tokens, in their order; from 1 on, given out as they are asked for."""
        with self._lock:
            return [self.by_token.setdefault(one, len(self.by_token) + 1) for one in tokens]


class _Wishes:
    """The tokens that some selection holds, by mode; what is held no more goes now and then."""

    def __init__(self) -> None:
        self._held: WeakSet[Selection] = WeakSet()
        self._added = 0
        self.tokens: dict[Mode, set[int]] = {mode: set() for mode in Mode}

    def add(self, one: Selection) -> None:
        self._held.add(one)
        self._added += 1
        if self._added > 2 * len(self._held) + 100:
            self._added = 0
            self.tokens = {mode: set() for mode in Mode}
            for held in list(self._held):
                self._take(held)
        else:
            self._take(one)

    def _take(self, one: Selection) -> None:
        for mode, tokens in one.by_mode.items():
            self.tokens[mode].update(tokens)


_SLOTS = _Slots()
_WISHES = _Wishes()
_KNOWN: WeakValueDictionary[frozenset[tuple[int, Mode]], Selection] = WeakValueDictionary()
_CONSOLE = _Form(b'{"type":"ticks","data":{', b"}}", console_tick, is_keyed=True)
_WORKER = _Form(b'{"ticks":[', b"]}", kite_quote, is_keyed=False)
_WORKER_EVENT = _Form(b'data: {"ticks":[', b"]}\n\n", kite_quote, is_keyed=False)

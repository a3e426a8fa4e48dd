"""The ticks of one step of the feed, serialized once for all clients that subscribe to some.

Every instrument has a slot. The ticks of a frame are serialized once for each format and mode, into
rows of equal length; a client's message is gathered from its rows, and clients with the same
selection share the message. The order of rows rarely changes between frames, so a client's row
indices are computed once.

A message is valid until its thread builds the next one: copy what has to be kept. Messages are
built in the same memory, which is then likely to be in the processor's cache.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

import numpy as np
import numpy.typing as npt

from tradertape_core.market.tick import Tick
from tradertape_server.features.feed.live.wire_shapes import Shape, console_lines, worker_lines
from tradertape_server.features.feed.sources.tick_source import Mode
from tradertape_server.platform.streaming.gzip_pieces import packed_piece, stored

Message = bytes | memoryview
Parts = Sequence[Message]  # a message to be sent as one
PACKED_FROM = 1_400  # bytes; a message that fits into one network packet is not compressed
FEW_LISTS = 8  # up to so many different selections, each is worth compressing
_Room = Callable[[int, type[np.uint8]], npt.NDArray[np.uint8]]


class TickSelection:
    """The instruments a client subscribes to, with their modes; equal selections are one object.

    A tick is serialized in the modes of the selections in use.
    """

    __slots__ = ("__weakref__", "_placed", "by_mode", "slots")

    def __init__(self, modes: Mapping[int, Mode]) -> None:
        self.by_mode = {
            mode: [token for token, one in modes.items() if one is mode]
            for mode in sorted(set(modes.values()))
        }
        self.slots = [
            (mode, np.array(_SLOTS.of(tokens), np.intp)) for mode, tokens in self.by_mode.items()
        ]
        self._placed: dict[Mode, tuple[_Layout, npt.NDArray[np.intp]]] = {}

    def places(self, mode: Mode, layout: _Layout) -> npt.NDArray[np.intp]:
        """The selected rows of a layout in a mode."""
        found = self._placed.get(mode)
        if found is None or found[0] is not layout:
            slots = next(slots for one, slots in self.slots if one is mode)
            found = self._placed[mode] = layout, layout.places(slots)
        return found[1]

    @classmethod
    def of(cls, modes: Mapping[int, Mode]) -> TickSelection:
        """Return the selection of these; the same object as long as it is in use."""
        key = frozenset(modes.items())
        found = _KNOWN.get(key)
        if found is None:
            found = _KNOWN[key] = cls(modes)
            _HELD.add(found)
        return found


def is_worth_packing(modes: Mapping[int, Mode]) -> bool:
    """Whether a client's stream should be compressed: its selection is shared, or there are few.

    Compressing hundreds of individual selections would delay all of them.
    """
    return frozenset(modes.items()) in _KNOWN or _HELD.count < FEW_LISTS


class TickFrame:
    """The newest ticks of some instruments."""

    __slots__ = ("__weakref__", "_asked", "_laid", "_messages", "_packed", "_rows", "ticks")

    def __init__(self, ticks: Mapping[int, Tick]) -> None:
        self.ticks = ticks
        self._messages: dict[tuple[TickSelection, _Form], Message] = {}
        self._asked: set[tuple[TickSelection, _Form]] = set()
        self._packed: dict[TickSelection, Parts] = {}
        # None: every instrument of the older frame is in this one.
        self._laid: WeakKeyDictionary[TickFrame, TickFrame | None] = WeakKeyDictionary()
        self._rows: dict[tuple[Shape, Mode], _Rows] = {}

    def over(self, older: TickFrame) -> TickFrame:
        """Merge with an older frame; slow clients that missed the same frame share the result."""
        try:
            laid = self._laid[older]
        except KeyError:
            covers = older.ticks.keys() <= self.ticks.keys()
            laid = None if covers else TickFrame({**older.ticks, **self.ticks})
            self._laid[older] = laid
        return self if laid is None else laid

    def console(self, wanted: TickSelection) -> Message:
        """The console's message; empty if it contains no selected tick."""
        return self._message(wanted, _CONSOLE)

    def worker(self, wanted: TickSelection) -> Message:
        """The workers' message; empty if it contains no selected tick."""
        return self._message(wanted, _WORKER)

    def worker_event(self, wanted: TickSelection) -> Message:
        """The workers' message as a server-sent event; empty if it contains no selected tick."""
        return self._message(wanted, _WORKER_EVENT)

    def worker_event_gzip(self, wanted: TickSelection) -> Parts:
        """The server-sent event as a piece of a gzip body; no parts without a selected tick.

        A shared message is compressed once; one for a single client only while there are few
        selections.
        """
        packed = self._packed.get(wanted)
        if packed is not None:
            return packed
        message = self.worker_event(wanted)
        is_shared = (wanted, _WORKER_EVENT) in self._messages
        if len(message) < PACKED_FROM or not (is_shared or _HELD.count <= FEW_LISTS):
            return stored(message)
        made = self._packed[wanted] = (packed_piece(message),)
        return made

    def _message(self, wanted: TickSelection, form: _Form) -> Message:
        key = (wanted, form)
        made = self._messages.get(key)
        if made is not None:
            return made
        # Kept from the second request on: a message for a single client is not stored.
        is_kept = key in self._asked
        made = self._gathered(wanted, form, np.empty if is_kept else _SCRATCH.take)
        if is_kept:
            self._messages[key] = made
        self._asked.add(key)
        return made

    def _gathered(self, wanted: TickSelection, form: _Form, room: _Room) -> Message:
        found = [
            (rows, wanted.places(mode, rows.layout))
            for mode in wanted.by_mode
            for rows in [self._rows_of(form, mode)]
        ]
        length = sum(len(places) * rows.width for rows, places in found)
        if not length:
            return b""
        at = len(form.head) - 1  # the head's last byte overwrites the first row's comma
        made = room(at + length + len(form.tail), np.uint8)
        for rows, places in found:
            end = at + len(places) * rows.width
            rows.gather(places, made[at:end])
            at = end
        message = made.data
        message[: len(form.head)] = form.head
        message[at:] = form.tail
        return message

    def _rows_of(self, form: _Form, mode: Mode) -> _Rows:
        key = (form.shape, mode)
        if key not in self._rows:
            wanted = _HELD.tokens[mode]
            ticks = [tick for token, tick in self.ticks.items() if token in wanted]
            self._rows[key] = _Rows(
                [tick.instrument_token for tick in ticks], form.lines(ticks, mode)
            )
        return self._rows[key]


class _Rows:
    """Serialized ticks in rows of equal length, padded with blanks, which JSON allows."""

    __slots__ = ("_rows", "layout", "width")

    def __init__(self, tokens: list[int], lines: list[str]) -> None:
        longest = max(map(len, lines), default=0)
        padded = ",".join([line.ljust(longest) for line in lines])
        self.width = longest + 1
        written = np.frombuffer(f",{padded}".encode("ascii"), np.uint8)
        self._rows = written[: len(lines) * self.width].reshape(-1, self.width)
        self.layout = _LAYOUTS.of(tokens)

    def gather(self, places: npt.NDArray[np.intp], into: npt.NDArray[np.uint8]) -> None:
        """Copy the rows at `places` into a buffer."""
        self._rows.take(places, axis=0, out=into.reshape(len(places), self.width), mode="clip")


class _Layout:
    """Which instrument's tick is in which row."""

    def __init__(self, tokens: list[int]) -> None:
        self.tokens = tokens
        slots = [_SLOTS.by_token[one] for one in tokens]
        # By slot; -1 without a row, and at the end for slots assigned later.
        self._places = np.full(max(slots, default=0) + 2, -1, np.intp)
        self._places[slots] = np.arange(len(slots))

    def places(self, slots: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """The rows of those slots that have one."""
        places = self._places.take(slots, mode="clip")
        return places[places >= 0]


class _Layouts:
    """The layouts of the last frames; frames with the same instruments in order share one."""

    def __init__(self) -> None:
        self._last: deque[_Layout] = deque(maxlen=8)

    def of(self, tokens: list[int]) -> _Layout:
        """Return the layout of these tokens, a recent one if possible."""
        for one in tuple(self._last):
            if one.tokens == tokens:
                return one
        made = _Layout(tokens)
        self._last.append(made)
        return made


class _Scratch(threading.local):
    """Reused memory for messages that are not kept, one at a time per thread."""

    def __init__(self) -> None:
        self._bytes = np.empty(0, np.uint8)

    def take(self, length: int, _of: type[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return `length` bytes, overwriting the last ones."""
        if len(self._bytes) < length:
            self._bytes = np.empty(length, np.uint8)
        return self._bytes[:length]


class _Form:
    """The format of a message."""

    def __init__(self, head: bytes, tail: bytes, shape: Shape, *, is_keyed: bool) -> None:
        self.head, self.tail, self.shape, self.is_keyed = head, tail, shape, is_keyed

    def lines(self, ticks: Sequence[Tick], mode: Mode) -> list[str]:
        """Serialize ticks for the message, one line each."""
        lines = self.shape(ticks, mode)
        if not self.is_keyed:
            return lines
        return [
            f"{json.dumps(tick.instrument_id)}:{line}"
            for tick, line in zip(ticks, lines, strict=True)
        ]


class _Slots:
    """Assigns a slot to each instrument."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_token: dict[int, int] = {}

    def of(self, tokens: Iterable[int]) -> list[int]:
        """The slots of tokens, in their order; assigned from 1 on when first requested."""
        with self._lock:
            return [self.by_token.setdefault(one, len(self.by_token) + 1) for one in tokens]


class _HeldSelections:
    """The tokens of the selections in use, by mode; unused ones are removed occasionally."""

    def __init__(self) -> None:
        self._held: WeakSet[TickSelection] = WeakSet()
        self._added = 0
        self.tokens: dict[Mode, set[int]] = {mode: set() for mode in Mode}

    @property
    def count(self) -> int:
        """How many different selections are in use."""
        return len(self._held)

    def add(self, one: TickSelection) -> None:
        self._held.add(one)
        self._added += 1
        if self._added > 2 * len(self._held) + 100:
            self._added = 0
            self.tokens = {mode: set() for mode in Mode}
            for held in list(self._held):
                self._take(held)
        else:
            self._take(one)

    def _take(self, one: TickSelection) -> None:
        for mode, tokens in one.by_mode.items():
            self.tokens[mode].update(tokens)


_SLOTS = _Slots()
_LAYOUTS = _Layouts()
_SCRATCH = _Scratch()
_HELD = _HeldSelections()
_KNOWN: WeakValueDictionary[frozenset[tuple[int, Mode]], TickSelection] = WeakValueDictionary()
_CONSOLE = _Form(b'{"type":"ticks","data":{', b"}}", console_lines, is_keyed=True)
_WORKER = _Form(b'{"ticks":[', b"]}", worker_lines, is_keyed=False)
_WORKER_EVENT = _Form(b'data: {"ticks":[', b"]}\n\n", worker_lines, is_keyed=False)

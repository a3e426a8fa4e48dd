"""Frames of Kite's ticker: bytes in, columns out. Pure; no frame makes it raise.

A frame is a number of packets (2 bytes), then each packet's length (2 bytes) and the packet, all
big endian. A packet's length tells what it is. Source: kite.trade/docs/connect/v3/websocket.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tradertape_core.kernel.python310 import StrEnum

Rows: TypeAlias = "NDArray[np.void]"
_FEWEST = 5  # bytes: a shorter frame is a heartbeat, or nothing at all
_FIRST_LOOK = 16  # packets whose lengths are compared at once, then ever more


class Mode(StrEnum):
    """How much a packet tells."""

    LTP = "ltp"
    QUOTE = "quote"
    FULL = "full"


_PRICE: Final = [("token", ">u4"), ("last_price", ">u4")]
_SHARE: Final = [
    *_PRICE,
    *((name, ">u4") for name in ("last_quantity", "average_price", "volume", "buy_quantity")),
    *((name, ">u4") for name in ("sell_quantity", "open", "high", "low", "close")),
]
_LEVEL: Final = [("quantity", ">u4"), ("price", ">u4"), ("orders", ">u2"), ("unused", ">u2")]
_INDEX: Final = [
    *_PRICE,
    *((name, ">u4") for name in ("high", "low", "open", "close")),
    ("change", ">i4"),
]
_TIMES: Final = ("last_trade_time", "oi", "oi_high", "oi_low", "exchange_time")
_FULL: Final = [*_SHARE, *((name, ">u4") for name in _TIMES), ("depth", _LEVEL, (10,))]

_KINDS: Final[dict[int, tuple[Mode, bool, np.dtype[Any]]]] = {
    8: (Mode.LTP, False, np.dtype(_PRICE)),
    44: (Mode.QUOTE, False, np.dtype(_SHARE)),
    184: (Mode.FULL, False, np.dtype(_FULL)),
    28: (Mode.QUOTE, True, np.dtype(_INDEX)),
    32: (Mode.FULL, True, np.dtype([*_INDEX, ("exchange_time", ">u4")])),
}
# What a price is divided by, by the token's last byte: the segment. Paise, but for currencies.
_DIVISORS: Final = np.full(256, 100.0)
_DIVISORS[3], _DIVISORS[6] = 10_000_000.0, 10_000.0


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets of one kind, in the order of their frame.

    rows: a structured array over the frame's own bytes, prices as the wire has them: integers to be
    divided by `divisors`, (n,), to get rupees. The depth of mode full has ten rows: five bids, then
    five offers.
    """

    mode: Mode
    is_index: bool
    rows: Rows
    divisors: NDArray[np.float64]

    @property
    def tokens(self) -> NDArray[np.int64]:
        """Instrument tokens, (n,)."""
        return self.rows["token"].astype(np.int64)

    def numbers(self, name: str) -> NDArray[np.int64]:
        """A column of quantities or epoch seconds, (n,)."""
        return self.rows[name].astype(np.int64)

    def prices(self, name: str) -> NDArray[np.float64]:
        """A column of prices in rupees, (n,)."""
        return self.rows[name] / self.divisors

    def depth(self) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
        """Prices in rupees, quantities and numbers of orders, (n, 10) each. Mode full alone."""
        levels = self.rows["depth"]
        return (
            levels["price"] / self.divisors[:, None],
            levels["quantity"].astype(np.int64),
            levels["orders"].astype(np.int64),
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame holds. dropped: packets that were cut short, missing, or of no known length."""

    packets: tuple[Packets, ...] = ()
    dropped: int = 0
    is_heartbeat: bool = False


def read_frame(frame: bytes) -> Frame:
    """Read a binary frame; what is malformed is counted and left out, its neighbours are kept."""
    if len(frame) < _FEWEST:
        return Frame(is_heartbeat=len(frame) == 1, dropped=int(len(frame) > 1))
    found: dict[int, list[Rows]] = {}
    dropped = announced = int.from_bytes(frame[:2], "big")
    for length, offset, count in _runs(frame, announced):
        kind = _KINDS.get(length)
        if kind is not None:
            rows = np.ndarray((count,), kind[2], frame, offset + 2, (length + 2,))
            found.setdefault(length, []).append(rows)
            dropped -= count
    return Frame(tuple(_joined(length, runs) for length, runs in found.items()), dropped)


def _joined(length: int, runs: list[Rows]) -> Packets:
    mode, is_index, _ = _KINDS[length]
    rows = runs[0] if len(runs) == 1 else np.concatenate(runs)
    return Packets(mode, is_index, rows, _DIVISORS[rows["token"] & 0xFF])


def _runs(frame: bytes, announced: int) -> Iterator[tuple[int, int, int]]:
    """Length of packets, offset of the first and number, of neighbours that are equally long."""
    offset, left = 2, announced
    while left and offset + 2 <= len(frame):
        length = frame[offset] << 8 | frame[offset + 1]
        whole = min(left, (len(frame) - offset) // (length + 2))
        if whole == 0:
            return
        count = _equally_long(frame, offset, length, whole)
        yield length, offset, count
        offset += count * (length + 2)
        left -= count


def _equally_long(frame: bytes, offset: int, length: int, whole: int) -> int:
    """How many of the next `whole` packets have this length."""
    checked, look = 1, _FIRST_LOOK
    while checked < whole:
        count = min(look, whole - checked)
        start = offset + checked * (length + 2)
        differs = np.ndarray((count,), ">u2", frame, start, (length + 2,)) != length
        first = int(differs.argmax())
        if differs[first]:
            return checked + first
        checked, look = checked + count, look * 4
    return whole

"""Records the ticks of the feed in a file that the `replay` source can play."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from tradertape_core.market.tick import Tick

COLUMNS = (
    "at", "instrument", "last_price", "volume", "bid", "ask", "bid_quantity", "ask_quantity",
    "oi", "close",
)  # fmt: skip


class TickRecorder:
    """Appends one line per tick; the file is written in every step of the feed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path

    def record(self, ticks: Sequence[Tick]) -> None:
        """Append the ticks of one step."""
        with self._path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if file.tell() == 0:
                writer.writerow(COLUMNS)
            writer.writerows(_row(tick) for tick in ticks)


def _row(tick: Tick) -> list[object]:
    at = tick.exchange_at or tick.at
    return [
        at.isoformat(), tick.instrument_id, tick.last_price, tick.volume,
        "" if tick.bid is None else tick.bid, "" if tick.ask is None else tick.ask,
        tick.bid_quantity, tick.ask_quantity, tick.oi, "" if tick.close is None else tick.close,
    ]  # fmt: skip

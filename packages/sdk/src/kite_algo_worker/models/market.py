"""Candles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from kite_algo_worker.models.base import JsonDict, Model


@dataclass(frozen=True)
class WorkerCandle(Model):
    """Open, high, low and close in rupees, volume in units; `ts` is its start (ISO 8601).

    oi: open interest, of derivatives. is_complete: False for the current candle.
    """

    ts: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    oi: float | None = None
    is_complete: bool = True
    raw: JsonDict = field(default_factory=JsonDict, repr=False)


@dataclass(frozen=True)
class WorkerHistoricalCandles(Model):
    """Candles of one instrument, oldest first; `current` is the incomplete one.

    source: where they come from, for example `db`. is_stale: the feed has no recent tick.
    """

    _wire_names: ClassVar[Mapping[str, str]] = {"from_ts": "from", "to_ts": "to"}

    symbol: str | None = None
    instrument_token: int | None = None
    interval: str = ""
    timeframe: str | None = None
    from_ts: str | None = None
    to_ts: str | None = None
    count: int | None = None
    source: str | None = None
    ingestion: JsonDict | None = None
    current: WorkerCandle | None = None
    candles: list[WorkerCandle] = field(default_factory=list[WorkerCandle])
    is_stale: bool = False
    raw: JsonDict = field(default_factory=JsonDict, repr=False)

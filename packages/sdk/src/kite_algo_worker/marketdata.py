"""Candles as pandas frames and numpy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from kite_algo_worker._candles import PRICES, fields_of, is_complete_of, time_of
from kite_algo_worker._optional import pandas
from kite_algo_worker.models import WorkerCandle, WorkerHistoricalCandles

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OHLCV_COLUMNS", "OhlcvArrays", "candles_to_df", "ohlcv_arrays"]

OHLCV_COLUMNS = [*PRICES, "is_complete"]


@dataclass(frozen=True)
class OhlcvArrays:
    """Candles as arrays of one length, oldest first.

    index: (n,) datetime64, Timestamps if they have a zone. open, high, low, close: (n,) rupees.
    volume: (n,) units. oi: (n,) open interest, or None where no candle has one. is_complete: (n,)
    bool.
    """

    index: NDArray[Any]
    open: NDArray[Any]
    high: NDArray[Any]
    low: NDArray[Any]
    close: NDArray[Any]
    volume: NDArray[Any]
    oi: NDArray[Any] | None
    is_complete: NDArray[Any]


def candles_to_df(source: Any) -> Any:
    """Return candles as a DataFrame, oldest first, on a DatetimeIndex named `ts`.

    source: the answer of `get_candles` or `get_historical_candles`, `WorkerHistoricalCandles`, one
    candle, any iterable of candles (mappings or models), a DataFrame (with a `ts` column, else its
    index), or None. The current, incomplete candle comes last.
    Columns: open, high, low, close, volume, oi (NaN where missing), is_complete (True where
    absent). Candles with an unreadable time are left out; of several with one time the last counts.
    Raises ValueError for a candle without a timestamp, ModuleNotFoundError without pandas.

    ```python
    frame = candles_to_df(client.get_historical_candles("NSE:INFY", timeframe="day"))
    frame["close"].iloc[-1]
    ```
    """
    library = pandas()
    if isinstance(source, library.DataFrame):
        frame = _columns_of(source)
    else:
        rows = [fields_of(candle) for candle in _candles_of(source)]
        lines: dict[str, Any] = {name: [row.get(name) for row in rows] for name in OHLCV_COLUMNS}
        frame = library.DataFrame({"ts": [time_of(row) for row in rows], **lines})
    frame["is_complete"] = [
        is_complete_of(None if library.isna(one) else one, otherwise=True)
        for one in frame["is_complete"]
    ]
    for name in PRICES:
        if frame[name].dtype == object:
            frame[name] = library.to_numeric(frame[name], errors="coerce")
    frame["ts"] = _times(frame["ts"])
    frame = frame[frame["ts"].notna()].sort_values("ts", kind="stable")
    frame = frame.drop_duplicates(subset="ts", keep="last").set_index("ts")
    frame["is_complete"] = frame["is_complete"].astype(bool)
    return frame[OHLCV_COLUMNS]


def ohlcv_arrays(source: Any) -> OhlcvArrays:
    """Return candles as numpy arrays; `source` as in `candles_to_df`."""
    frame = candles_to_df(source)
    columns = {name: frame[name].to_numpy() for name in OHLCV_COLUMNS}
    if frame["oi"].isna().all():
        columns["oi"] = None
    return OhlcvArrays(index=frame.index.to_numpy(), **columns)


def _candles_of(source: Any) -> list[Any]:
    if source is None:
        return []
    if isinstance(source, WorkerHistoricalCandles):
        return [*source.candles, *([] if source.current is None else [source.current])]
    if isinstance(source, Mapping):
        answer = cast("Mapping[str, Any]", source)
        if "candles" not in answer and "current" not in answer:
            return [answer]
        current = answer.get("current")
        return [*(answer.get("candles") or []), *([] if current is None else [current])]
    if isinstance(source, WorkerCandle) or not isinstance(source, Iterable):
        return [source]
    return list(cast("Iterable[Any]", source))


def _columns_of(source: Any) -> Any:
    """Return a DataFrame's candles with every column, the times in `ts`."""
    frame = source if "ts" in source.columns else source.reset_index()
    if "ts" not in frame.columns:
        frame = frame.rename(columns={frame.columns[0]: "ts"})
    missing = {name: None for name in OHLCV_COLUMNS if name not in frame.columns}
    return frame.assign(**missing)[["ts", *OHLCV_COLUMNS]].reset_index(drop=True)


def _times(values: Any) -> Any:
    """Return values as datetimes, NaT where they are none."""
    library = pandas()
    times = library.to_datetime(values, errors="coerce")
    unread = times.isna() & values.notna()
    if unread.any():  # texts in several formats: pandas takes the first one's for all
        times = library.to_datetime(values, errors="coerce", format="mixed")
    return times

"""Conversion of text columns to numbers and days, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tradertape_core.kernel.clock import IST
from tradertape_server.features.market.data_sets.candles import Days, Floats

_NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$"
_FORMATS = (
    "%d-%b-%Y",
    "%d-%B-%Y",
    "%d-%m-%Y",
    "%d/%m/%Y",
    "%d %b %Y",
    "%d-%b-%y",
    "%d-%m-%y",
    "%Y/%m/%d",
)
_MIDNIGHT = time(0)
_compute: Any = pc  # its functions are made at run time, so checkers cannot see them


def as_floats(column: Any) -> Floats:
    """(n,) numbers, NaN if unreadable; accepts Indian digit grouping such as "1,23,456.50"."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        plain = _compute.replace_substring(_compute.utf8_trim_whitespace(column), ",", "")
        good = _compute.match_substring_regex(plain, _NUMBER)
        column = _compute.if_else(good, plain, pa.scalar(None, plain.type))
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))


def as_texts(column: Any, normalize: Callable[[str], str] = str.strip) -> NDArray[np.object_]:
    """(n,) texts, each distinct one normalized by `normalize`; "" for missing ones."""
    codes, texts = coded(column)
    return np.array([normalize(text) for text in texts], dtype=object)[codes]


def coded(column: Any) -> tuple[NDArray[np.int64], list[str]]:
    """(n,) codes and the distinct texts they index; the last text, "", is for missing ones."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
        column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    texts = [str(text) if text is not None else "" for text in column.dictionary.to_pylist()]
    codes = column.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), [*texts, ""]


def as_days(column: Any) -> tuple[Days, bool]:
    """(n,) days in IST, NaT if unreadable; and whether any value has a time of day."""
    if pa.types.is_date(column.type):
        return column.cast(pa.date32()).to_numpy(zero_copy_only=False).astype(
            "datetime64[D]"
        ), False
    if pa.types.is_timestamp(column.type):
        return _from_timestamps(column)
    codes, texts = coded(column)
    parsed = [day_and_time(text) for text in texts]
    days = np.array([day or "NaT" for day, _ in parsed], "datetime64[D]")
    return days[codes], any(clock not in {None, _MIDNIGHT} for _, clock in parsed)


def day_and_time(text: str) -> tuple[date | None, time | None]:
    """Parse a text to a day in IST and its time of day, if any; (None, None) if unreadable."""
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            moment = moment.astimezone(IST)
        return moment.date(), moment.time()
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=IST).date(), None
        except ValueError:
            continue
    return None, None


def _from_timestamps(column: Any) -> tuple[Days, bool]:
    if column.type.tz is not None:
        column = _compute.local_timestamp(column.cast(pa.timestamp("us", tz="Asia/Kolkata")))
    moments = column.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False)
    days = moments.astype("datetime64[D]")
    timed = (moments != days.astype(moments.dtype)) & ~np.isnat(moments)
    return days, bool(timed.any())

"""Indicators that are updated candle by candle.

Each candle takes O(log period) and gives the values of the indicators over the whole history.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from kite_algo_worker._candles import PRICES, fields_of, is_complete_of, time_of
from kite_algo_worker.indicators._bindings import bind
from kite_algo_worker.indicators._times import moment_of, moments_of
from tradertape_indicators.streaming import Stream

__all__ = ["IndicatorValue", "LiveIndicatorEngine"]

Config = tuple[str, dict[str, Any]]
Row = tuple[float, ...]  # open, high, low, close, volume, oi, is_complete
Values = dict[str, "IndicatorValue"]

LABEL = "label"
ONE_SIDED = frozenset({"long", "short"})  # the supertrend's lines: never both known


@dataclass(frozen=True)
class IndicatorValue:
    """An indicator at one candle.

    value: a number, a boolean, or a dict of them by line; None in the warm-up. confirmed: whether
    the candle is complete. ts: its time, ISO 8601. ready: whether every line has a value (of the
    supertrend's long and short only one ever has: they do not count).
    """

    value: Any
    confirmed: bool
    ts: str
    ready: bool


class _Entry(NamedTuple):
    keys: tuple[str, ...]
    columns: tuple[int, ...]
    stream: Stream


class LiveIndicatorEngine:
    """A set of indicators over one instrument's candles, updated as they arrive.

    indicators: (name, params) of each. params are the indicator's own, and

    - `source`: a column (`"close"`) or several (`("high", "low")`) that stand for its series;
      without it the whole candle is given, and indicators of one series need `column`;
    - `label`: a name of your own for the result.

    Results are found under the label, else under the indicator's name. Of several with one name
    the last is found there, and each under its name with its parameters, such as
    `"ema(period=9, source=close)"`.

    ```python
    engine = LiveIndicatorEngine.from_history(
        client.get_historical_candles("NSE:INFY", timeframe="5minute"),
        [("ema", {"period": 9, "source": "close", "label": "fast"}), ("atr", {"period": 14})],
    )
    for event in client.stream_candles("NSE:INFY", interval="5minute"):
        values = engine.update_provisional(event["current"])
        if engine.ready:
            print(values["fast"].value, values["atr"].value)
    ```

    A candle takes O(log period) per indicator whatever the length of the history (CCI: O(period)),
    provisional or final. Only a candle older than the last, or a correction of the last after a
    newer one, replays the history. An unknown indicator raises KeyError at the first candle.
    """

    def __init__(self, indicators: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        self.indicators: list[Config] = _checked(indicators)
        self.confirmed_values: Values = {}
        self.provisional_values: Values = {}
        self.last_confirmed_ts: str | None = None
        self.last_ts: str | None = None
        self._moments: list[int] = []  # of the confirmed candles, oldest first
        self._rows: list[Row] = []
        self._entries: list[_Entry] = []  # none before the first candle
        self._kept = 0  # rows that the streams have kept
        self._looked: Row | None = None  # the row they have evaluated since
        self._aware: bool | None = None  # whether the candles' times have a zone

    @classmethod
    def from_history(
        cls, df: Any, indicators: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> LiveIndicatorEngine:
        """Return an engine that has seen these candles; see `rebuild`."""
        engine = cls(indicators)
        engine.rebuild(df)
        return engine

    @property
    def values(self) -> Values:
        """The values at the incomplete candle if there is one, else at the last complete one."""
        return self.provisional_values or self.confirmed_values

    @property
    def ready(self) -> bool:
        """Whether every indicator is past its warm-up."""
        values = self.values
        return bool(values) and all(one.ready for one in values.values())

    @property
    def confirmed(self) -> bool:
        """Whether the last candle read is complete."""
        return not self.provisional_values

    @property
    def metadata(self) -> dict[str, Any]:
        """`ready`, `confirmed`, `last_confirmed_ts` and `last_ts` together."""
        return {
            "ready": self.ready,
            "confirmed": self.confirmed,
            "last_confirmed_ts": self.last_confirmed_ts,
            "last_ts": self.last_ts,
        }

    def update_provisional(self, candle: Any) -> Values:
        """Update with the incomplete candle, whenever it changes; return its values.

        candle: a mapping or a `WorkerCandle`. Raises ValueError if its time cannot be read.
        """
        moment, ts, row = self._read(candle, complete=False)
        place, replaces = self._place_of(moment)
        if place + replaces < len(self._rows):  # older than the last: as if it had been that way
            rows = [*self._rows[:place], row, *self._rows[place + replaces :]]
            self._advance(0)
            self._keep(rows[:-1])
            values = self._look(rows[-1], ts, confirmed=False)
            self._restart()
        else:
            self._advance(place)
            values = self._look(row, ts, confirmed=False)
        self.provisional_values = values
        self.last_ts = ts
        return values

    def finalize_candle(self, candle: Any) -> Values:
        """Update with a complete candle; return the values at it.

        A candle with a known time replaces that one, whatever its `is_complete`.
        Raises ValueError if its time cannot be read.
        """
        moment, ts, row = self._read(candle, complete=True)
        place, replaces = self._place_of(moment)
        self._moments[place : place + replaces] = [moment]
        self._rows[place : place + replaces] = [row]
        self._advance(place)
        self.confirmed_values = self._look(row, ts, confirmed=True)
        self.provisional_values = {}
        self.last_confirmed_ts = self.last_ts = ts
        return self.confirmed_values

    def rebuild(self, history_df: Any, last_stream_candle: Any | None = None) -> Values:
        """Restart from a history; return the values.

        history_df: anything `candles_to_df` accepts. A last candle that is not complete is
        provisional. last_stream_candle: the last candle of the stream, applied after the history in
        place of the provisional one; complete or not by its `is_complete`.
        """
        current = self._load(history_df)
        self._restart()
        self.provisional_values = {}
        self.last_ts = self.last_confirmed_ts
        if self._rows:
            self._advance(len(self._rows) - 1)
            ts = str(self.last_confirmed_ts)
            self.confirmed_values = self._look(self._rows[-1], ts, confirmed=True)
        else:
            nothing = IndicatorValue(value=None, confirmed=True, ts="", ready=False)
            self.confirmed_values = {key: nothing for keys in self._keys() for key in keys}
        if last_stream_candle is not None:
            current = last_stream_candle
        if current is None:
            return self.values
        given = fields_of(current).get("is_complete")
        if is_complete_of(given, otherwise=False):
            return self.finalize_candle(current)
        return self.update_provisional(current)

    def _load(self, history: Any) -> dict[str, Any] | None:
        """Load a history's candles; return the last if it is incomplete."""
        # candles_to_df imports pandas, which the other methods do without
        from kite_algo_worker.marketdata import candles_to_df

        frame = candles_to_df(history)
        current: dict[str, Any] | None = None
        if len(frame) and not frame["is_complete"].iloc[-1]:
            last = frame.iloc[-1]
            current = {"ts": frame.index[-1], **{name: last[name] for name in PRICES}}
            frame = frame.iloc[:-1]
        lines = [frame[name].astype(float).tolist() for name in PRICES]
        self._rows = [(*prices, 1.0) for prices in zip(*lines)]
        self._moments, self._aware = moments_of(frame.index)
        self.last_confirmed_ts = frame.index[-1].isoformat() if len(frame) else None
        return current

    def _read(self, candle: Any, *, complete: bool) -> tuple[int, str, Row]:
        fields = fields_of(candle)
        moment, ts, aware = moment_of(time_of(fields))
        if self._aware is None or not self._rows:
            self._aware = aware
        elif aware is not self._aware:
            raise TypeError("candles with and without a time zone do not mix: give all of them one")
        row = (*(_number(fields.get(name)) for name in PRICES), float(complete))
        return moment, ts, row

    def _place_of(self, moment: int) -> tuple[int, bool]:
        """Return where a candle of this time belongs, and whether there is one already."""
        if not self._moments or moment > self._moments[-1]:
            return len(self._moments), False
        place = bisect_left(self._moments, moment)
        return place, self._moments[place] == moment

    def _advance(self, count: int) -> None:
        """Bring the streams to the state after exactly the first `count` rows."""
        if count < self._kept or not self._entries:
            self._restart()
            self._entries = [
                _Entry(keys, *bind(name, _own(params)))
                for keys, (name, params) in zip(self._keys(), self.indicators)
            ]
        self._keep(self._rows[self._kept : count])

    def _keep(self, rows: Sequence[Row]) -> None:
        for row in rows:
            seen = row is self._looked
            for entry in self._entries:
                if not seen:
                    entry.stream.look(*[row[column] for column in entry.columns])
                entry.stream.keep()
            self._looked = None
        self._kept += len(rows)

    def _restart(self) -> None:
        self._entries, self._kept, self._looked = [], 0, None

    def _look(self, row: Row, ts: str, *, confirmed: bool) -> Values:
        self._looked = row
        values: Values = {}
        for keys, columns, stream in self._entries:
            value, ready = _shown(stream.look(*[row[column] for column in columns]))
            shown = IndicatorValue(value=value, confirmed=confirmed, ts=ts, ready=ready)
            for key in keys:
                values[key] = shown
        return values

    def _keys(self) -> list[tuple[str, ...]]:
        """Return the keys of each indicator's result."""
        unlabelled = [name for name, params in self.indicators if LABEL not in params]
        keys: list[tuple[str, ...]] = []
        for name, params in self.indicators:
            if LABEL in params:
                keys.append((str(params[LABEL]),))
            elif unlabelled.count(name) == 1:
                keys.append((name,))
            else:
                shown = ", ".join(f"{key}={value}" for key, value in params.items())
                keys.append((name, f"{name}({shown})"))
        return keys


def _checked(indicators: Sequence[Any]) -> list[Config]:
    configs: list[Config] = []
    for one in indicators:
        pair = cast("tuple[Any, ...]", one) if isinstance(one, tuple) else ()
        if len(pair) != 2 or not isinstance(pair[0], str) or not isinstance(pair[1], Mapping):
            raise TypeError(
                f"an indicator is (name, params), such as ('ema', {{...}}); was {one!r}"
            )
        configs.append((pair[0], dict(cast("Mapping[str, Any]", pair[1]))))
    return configs


def _own(params: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != LABEL}


def _shown(value: Any) -> tuple[Any, bool]:
    """Return a value with None for NaN, and whether it has no NaN."""
    if isinstance(value, dict):
        lines = cast("dict[str, float]", value)
        shown = {key: None if one != one else one for key, one in lines.items()}
        return shown, all(one is not None or key in ONE_SIDED for key, one in shown.items())
    return (None, False) if value != value else (value, True)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")

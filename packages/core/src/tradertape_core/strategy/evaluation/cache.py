"""Indicator arrays of one panel, computed once and kept: a sweep then pays for its loop alone."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

from tradertape_core.kernel.errors import InvalidInput, InvariantBroken
from tradertape_core.market.panel import Matrix, Panel
from tradertape_core.strategy.evaluation.candles import OwnCandles
from tradertape_indicators import CATALOGUE, SHORT_NAMES, compute
from tradertape_indicators.market import percentile_rank, return_pct

Key = tuple[str, tuple[tuple[str, float], ...], str, str, int]


class IndicatorCache:
    """Computes indicators on each symbol's own consecutive candles and keeps the newest arrays.

    One cache belongs to one panel; evaluations of that panel share it. Arrays are read-only.
    max_bytes: arrays used longest ago are dropped beyond it.
    Not for use by two threads at once.
    """

    def __init__(self, panel: Panel, *, max_bytes: int = 512 * 1024 * 1024) -> None:
        self.panel = panel
        self.candles = OwnCandles(panel)
        self.max_bytes = max_bytes
        self._arrays: OrderedDict[Key, Matrix] = OrderedDict()
        self._bytes = 0
        self._series: dict[str, Matrix] = {}
        self._indices: dict[str, IndicatorCache] = {}

    def indicator(
        self,
        fn: str,
        params: Mapping[str, float],
        *,
        source: str = "close",
        output: str = "",
        offset: int = 0,
    ) -> Matrix:
        """(T, N) values of a catalogue indicator, NaN where unknown or without a candle.

        offset: reads the value so many of the symbol's own candles earlier.
        """
        key = (fn, tuple(sorted(params.items())), source, output, offset)
        found = self._arrays.get(key)
        if found is None:
            found = self._computed(key)
            found.flags.writeable = False
            self._keep(key, found)
        self._arrays.move_to_end(key)
        return found

    def named(self, name: str) -> Matrix:
        """(T, N) values of a short name, such as "turnover_20d"."""
        meaning = SHORT_NAMES[name]
        several = len(CATALOGUE[meaning.fn].outputs) > 1
        output = meaning.output if several else ""
        return self.indicator(meaning.fn, meaning.params, source=meaning.source, output=output)

    def index(self, name: str) -> IndicatorCache:
        """The cache of an index's own series, a panel of one column over the same dates."""
        if name not in self._indices:
            self._indices[name] = IndicatorCache(index_panel(self.panel, name))
        return self._indices[name]

    def _computed(self, key: Key) -> Matrix:
        fn, params, source, output, offset = key
        if offset:
            now = self.indicator(fn, dict(params), source=source, output=output)
            return self.candles.earlier(now, offset, np.nan)
        spec = CATALOGUE[fn]
        if spec.cross_sectional:
            return self._ranked(fn, dict(params))
        names = [source if name == "source" else name for name in spec.inputs]
        series = {name: self._packed(name) for name in names}
        try:
            packed = compute(fn, series, dict(params), source=source, output=output)
        except ValueError as error:
            raise InvalidInput(str(error)) from error
        return self.candles.unpack(packed, np.nan).view()

    def _ranked(self, fn: str, params: Mapping[str, float]) -> Matrix:
        """Ranks compare symbols on one date, but each by the return of its own candles."""
        if fn != "rs_rank":
            raise InvariantBroken(f"{fn} compares symbols in a way the evaluator does not know")
        returns = return_pct(self._packed("close"), int(params["period"]))
        return percentile_rank(self.candles.unpack(returns, np.nan), self.panel.member)

    def _packed(self, name: str) -> Matrix:
        if name not in self._series:
            self._series[name] = self.candles.pack(getattr(self.panel, name), np.nan)
        return self._series[name]

    def _keep(self, key: Key, values: Matrix) -> None:
        self._arrays[key] = values
        self._bytes += values.nbytes
        while self._bytes > self.max_bytes and len(self._arrays) > 1:
            _, dropped = self._arrays.popitem(last=False)
            self._bytes -= dropped.nbytes


def index_panel(panel: Panel, name: str) -> Panel:
    """The index as a panel of one column. Raises InvalidInput if the panel does not carry it."""
    series = panel.indices.get(name)
    if series is None:
        known = ", ".join(panel.indices) or "none"
        raise InvalidInput(f'no prices of the index "{name}" in this data set (it has: {known})')
    shape = (panel.dates.size, 1)
    return Panel(
        dates=panel.dates,
        symbols=(name,),
        open=series.open.reshape(shape),
        high=series.high.reshape(shape),
        low=series.low.reshape(shape),
        close=series.close.reshape(shape),
        volume=np.full(shape, np.nan),
        member=np.ones(shape, dtype=np.bool_),
        sectors=("",),
        indices={name: series},
        first=panel.first,
        data_version=panel.data_version,
    )

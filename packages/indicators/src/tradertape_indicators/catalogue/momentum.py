"""Catalogue entries: momentum and oscillators."""

from __future__ import annotations

from dataclasses import replace

from tradertape_indicators import momentum, oscillators
from tradertape_indicators.catalogue.parts import WILDER, full_changes, full_window, period, whole
from tradertape_indicators.specs import IndicatorSpec, Params


def _check_order(params: Params) -> None:
    momentum.check_order(params["fast_period"], params["slow_period"])


def _with_signal(params: Params) -> tuple[int, ...]:
    line = max(whole(params, "fast_period"), whole(params, "slow_period")) - 1
    signal = line + whole(params, "signal_period") - 1
    return line, signal, signal


def _stochastic(params: Params) -> tuple[int, ...]:
    k = whole(params, "k_period") - 1
    return k, k + whole(params, "d_period") - 1


_NAMED_ONCE = (
    IndicatorSpec(
        name="rsi",
        title="Relative strength index",
        family="momentum",
        inputs=("source",),
        params=(period(14),),
        outputs=("rsi",),
        unit="0 to 100",
        source=f"100 × G / (G + L), Wilder averages of rises and falls; 50 where flat. {WILDER}",
        first_bars=full_changes,
        function=momentum.rsi,
        recursive=True,
    ),
    IndicatorSpec(
        name="macd",
        title="MACD",
        family="momentum",
        inputs=("source",),
        params=(period(12, "fast_period"), period(26, "slow_period"), period(9, "signal_period")),
        outputs=("macd", "signal", "histogram"),
        unit="source",
        source="EMA(fast) − EMA(slow); signal its EMA; histogram the difference",
        first_bars=_with_signal,
        function=momentum.macd,
        recursive=True,
    ),
    IndicatorSpec(
        name="ppo",
        title="Percentage price oscillator",
        family="momentum",
        inputs=("source",),
        params=(period(12, "fast_period"), period(26, "slow_period"), period(9, "signal_period")),
        outputs=("ppo", "signal", "histogram"),
        unit="percent",
        source="100 × (EMA(fast) / EMA(slow) − 1); signal its EMA; histogram the difference",
        first_bars=_with_signal,
        function=momentum.ppo,
        check=_check_order,
        recursive=True,
    ),
    IndicatorSpec(
        name="dpo",
        title="Detrended price oscillator",
        family="momentum",
        inputs=("source",),
        params=(period(21),),
        outputs=("dpo",),
        unit="source",
        source="x − SMA(n) of n // 2 + 1 bars ago",
        first_bars=lambda p: (whole(p) + whole(p) // 2,),
        function=momentum.dpo,
    ),
    IndicatorSpec(
        name="stochastic",
        title="Stochastic",
        family="oscillator",
        inputs=("high", "low", "close"),
        params=(period(14, "k_period"), period(3, "d_period")),
        outputs=("stoch_k", "stoch_d"),
        unit="0 to 100",
        source="100 × (close − lowest) / (highest − lowest), 0 without range; D the SMA of K",
        first_bars=_stochastic,
        function=oscillators.stochastic,
    ),
    IndicatorSpec(
        name="cci",
        title="Commodity channel index",
        family="oscillator",
        inputs=("high", "low", "close"),
        params=(period(20),),
        outputs=("cci",),
        unit="none",
        source="(t − mean) / (0.015 × mean deviation), t = (high + low + close)/3. Lambert 1980",
        first_bars=full_window,
        function=oscillators.cci,
    ),
    IndicatorSpec(
        name="williamsr",
        title="Williams %R",
        family="oscillator",
        inputs=("high", "low", "close"),
        params=(period(14),),
        outputs=("williamsr",),
        unit="−100 to 0",
        source="−100 × (highest high − close) / (highest high − lowest low); 0 without range",
        first_bars=full_window,
        function=oscillators.williamsr,
    ),
)

# The contract of the worker package knows Williams %R by a second name.
MOMENTUM = (*_NAMED_ONCE, replace(_NAMED_ONCE[-1], name="williams_r", outputs=("williams_r",)))

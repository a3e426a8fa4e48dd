"""Catalogue entries: the candle's own values and the strategy language's market indicators."""

from __future__ import annotations

from tradertape_indicators import market, momentum, price
from tradertape_indicators.catalogue.parts import at_once, full_changes, full_window, period, whole
from tradertape_indicators.specs import IndicatorSpec, Input, Params


def _check_order(params: Params) -> None:
    momentum.check_order(params["fast_period"], params["slow_period"])


def _bare(name: Input, title: str, unit: str) -> IndicatorSpec:
    return IndicatorSpec(
        name=name,
        title=title,
        family="price",
        inputs=(name,),
        params=(),
        outputs=(name,),
        unit=unit,
        source=f"{name} of the bar",
        first_bars=at_once,
        function=price.same,
    )


PRICES = (
    _bare("open", "Open", "rupees"),
    _bare("high", "High", "rupees"),
    _bare("low", "Low", "rupees"),
    _bare("close", "Close", "rupees"),
    _bare("volume", "Volume", "shares"),
)

MARKET = (
    IndicatorSpec(
        name="return_pct",
        title="Return",
        family="market",
        inputs=("source",),
        params=(period(20),),
        outputs=("return_pct",),
        unit="percent",
        source="100 × (x / x of n bars ago − 1)",
        first_bars=full_changes,
        function=market.return_pct,
    ),
    IndicatorSpec(
        name="drawdown_pct",
        title="Drawdown",
        family="market",
        inputs=("high", "close"),
        params=(period(20),),
        outputs=("drawdown_pct",),
        unit="percent, 0 or positive",
        source="100 × (highest high of n bars − close) / highest high of n bars",
        first_bars=full_window,
        function=market.drawdown_pct,
    ),
    IndicatorSpec(
        name="volume_ratio",
        title="Volume ratio",
        family="market",
        inputs=("volume",),
        params=(period(20),),
        outputs=("volume_ratio",),
        unit="ratio, 1 is average",
        source="volume / SMA(volume, n), this bar included",
        first_bars=full_window,
        function=market.volume_ratio,
    ),
    IndicatorSpec(
        name="turnover",
        title="Average turnover",
        family="market",
        inputs=("close", "volume"),
        params=(period(20),),
        outputs=("turnover",),
        unit="rupees",
        source="SMA of close × volume over n bars",
        first_bars=full_window,
        function=market.turnover,
    ),
    IndicatorSpec(
        name="gap_pct",
        title="Opening gap",
        family="market",
        inputs=("open", "close"),
        params=(),
        outputs=("gap_pct",),
        unit="percent",
        source="100 × (open / last close − 1)",
        first_bars=lambda _: (1,),
        function=market.gap_pct,
    ),
    IndicatorSpec(
        name="rs_rank",
        title="Relative strength rank",
        family="market",
        inputs=("close",),
        params=(period(60),),
        outputs=("rs_rank",),
        unit="0 to 100",
        source="percent of the other members with a lower return over n bars, equal ones half",
        first_bars=full_changes,
        function=market.rs_rank,
        cross_sectional=True,
    ),
    IndicatorSpec(
        name="vol_regime",
        title="Volatility regime",
        family="market",
        inputs=("close",),
        params=(period(20, "fast_period"), period(252, "slow_period")),
        outputs=("vol_regime",),
        unit="percent, 100 is usual",
        source="100 × deviation of one-bar returns, fast period / slow period",
        first_bars=lambda p: (whole(p, "slow_period"),),
        function=market.vol_regime,
        check=_check_order,
    ),
    IndicatorSpec(
        name="trend_alignment",
        title="Trend alignment",
        family="market",
        inputs=("close",),
        params=(),
        outputs=("trend_alignment",),
        unit="0, 25, 50, 75 or 100",
        source="25 for each of close > SMA20, SMA20 > SMA50, SMA50 > SMA200, close > SMA200",
        first_bars=lambda _: (max(market.TREND_PERIODS) - 1,),
        function=market.trend_alignment,
    ),
)

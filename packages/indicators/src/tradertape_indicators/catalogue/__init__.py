"""Every indicator with its inputs, parameters, outputs, unit, formula and warm-up."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tradertape_indicators.catalogue.market import MARKET, PRICES
from tradertape_indicators.catalogue.momentum import MOMENTUM
from tradertape_indicators.catalogue.short_names import SHORT_NAMES
from tradertape_indicators.catalogue.statistics import STATISTICS
from tradertape_indicators.catalogue.trend import TREND
from tradertape_indicators.catalogue.volatility import VOLATILITY
from tradertape_indicators.specs import IndicatorSpec, ParamSpec, ShortName

__all__ = ["CATALOGUE", "SHORT_NAMES", "IndicatorSpec", "ParamSpec", "ShortName"]

CATALOGUE: Mapping[str, IndicatorSpec] = MappingProxyType(
    {spec.name: spec for spec in (*PRICES, *TREND, *MOMENTUM, *VOLATILITY, *STATISTICS, *MARKET)}
)

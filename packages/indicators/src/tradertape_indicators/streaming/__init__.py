"""Indicators that take one candle at a time, equal to the array functions to the last bit.

```python
rsi = stream("rsi", {"period": 14})
for close in closed:
    rsi.look(close)
    rsi.keep()
rsi.look(104.5)  # the candle in the making: ask as often as it changes
```

A bar costs O(log period) whatever the history (CCI: O(period)); the state is a few rings of
`period` values. Missing values are NaN, as in arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, Union

from tradertape_indicators.streaming import (
    momentum,
    statistics,
    trend,
    volatility,
    volume,
)

Value = Union[float, bool, dict[str, float]]


class Stream(Protocol):
    """An indicator that is fed a candle at a time."""

    @property
    def look(self) -> Callable[..., Any]:
        """Answer for the bar after those kept: a number, a truth, or a number per output.

        Takes the bar's value of each input series in the order of the array function. It may be
        called again with other values: the last call counts.
        """
        ...

    def keep(self) -> None:
        """Take the bar looked at last for good."""
        ...


STREAMS: Mapping[str, Callable[..., Stream]] = MappingProxyType(
    {
        "adx": trend.Adx,
        "aroon": trend.Aroon,
        "atr": volatility.Atr,
        "bbands": volatility.Bbands,
        "cci": momentum.Cci,
        "crossover": statistics.Crossover,
        "crossunder": statistics.Crossunder,
        "dpo": momentum.Dpo,
        "ema": trend.Ema,
        "falling": statistics.Falling,
        "highest": statistics.Highest,
        "keltner": volatility.Keltner,
        "linreg": trend.Linreg,
        "lowest": statistics.Lowest,
        "macd": momentum.Macd,
        "mfi": volume.Mfi,
        "obv": volume.Obv,
        "ppo": momentum.Ppo,
        "rising": statistics.Rising,
        "rsi": momentum.Rsi,
        "sar": trend.Sar,
        "sma": trend.Sma,
        "stochastic": momentum.Stochastic,
        "supertrend": trend.Supertrend,
        "true_range": volatility.Range,
        "vwap": volume.Vwap,
        "vwap_of_price": volume.VwapOfPrice,
        "vwma": trend.Vwma,
        "williamsr": momentum.Williamsr,
        "wma": trend.Wma,
    }
)


def stream(name: str, params: Mapping[str, float] | None = None) -> Stream:
    """Return a fresh streaming indicator.

    name: of the array function, such as "rsi". params: its parameters; the rest takes its default.
    Raises ValueError if there is none of that name or a parameter is out of bounds, TypeError if it
    takes no such parameter.
    """
    make = STREAMS.get(name)
    if make is None:
        raise ValueError(f"no streaming indicator {name!r}; there are {', '.join(STREAMS)}")
    return make(**(params or {}))


__all__ = ["STREAMS", "Stream", "Value", "stream"]

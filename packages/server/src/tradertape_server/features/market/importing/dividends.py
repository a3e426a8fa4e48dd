"""Dividends derived from the two closes of a Yahoo-like file."""

from __future__ import annotations

import numpy as np

from tradertape_server.features.market.data_sets.candles import CandleRows, Floats
from tradertape_server.features.market.data_sets.reference_rows import Dividend

_LEAST_YIELD = 6e-4
_HALF_PAISA = 0.005


def implied_dividends(rows: CandleRows, adj_close: Floats) -> list[Dividend]:
    """Derive cash dividends by ex-date from `close` and a close adjusted for dividends as well.

    rows: sorted by symbol and day; adj_close: (n,) of the same rows, NaN if unknown. On an ex-date
    the ratio of the two changes by 1 - dividend / previous close. Changes that rounding the four
    prices to a paisa could explain are ignored, so very small dividends are not found.
    """
    close = rows.values["close"]
    if len(close) < 2:
        return []
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = adj_close / close
        part = 1 - ratio[:-1] / ratio[1:]
        noise = _HALF_PAISA * (1 / close + 1 / adj_close)
        real = part > np.maximum(_LEAST_YIELD, noise[:-1] + noise[1:])
    real &= rows.code[1:] == rows.code[:-1]
    found: list[Dividend] = []
    for i in np.flatnonzero(real).tolist():
        amount = round(float(part[i] * close[i]), 2)
        day = rows.day[i + 1].item()
        found.append(Dividend(rows.names[rows.code[i]], day, amount, adjusted=True))
    return found

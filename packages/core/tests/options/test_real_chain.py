"""KQ-01 on the real chain: NIFTY options of 2026-08-19, four weekly expiries.

What the file's columns were made with was found by fitting, and fits all four expiries: `iv` is the
exchange's, by Black-Scholes on the spot at 10 % and whole calendar days; the Greeks are the
collector's, from that volatility at 6.5 %.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tradertape_core.market.expiry_days import is_monthly
from tradertape_core.options.chain import (
    CALL,
    PUT,
    Chain,
    ChainQuotes,
    build_chain,
    max_pain,
    put_call_ratio,
)
from tradertape_core.options.expiry import resolve_expiry, years_left
from tradertape_core.options.greeks import black_scholes_greeks, forward_price
from tradertape_core.options.implied import implied_volatility
from tradertape_core.options.selection import choose, read_selection

pytestmark = pytest.mark.real_data
DAY = date(2026, 8, 19)
FLOOR = 0.2  # percent; the file writes 0.1 where it has no volatility


@pytest.fixture(scope="module")
def table(real_data_dir: Path) -> Any:
    return pq.read_table(real_data_dir / "options" / "nifty_option_chain_2026-08-19.parquet")


@pytest.fixture(scope="module")
def columns(table: Any) -> dict[str, np.ndarray]:
    """The rows with a real volatility, by column; years by whole days."""
    kept = table.filter(pc.greater(table["iv"], FLOOR))
    found = {name: kept[name].to_numpy() for name in kept.column_names if name != "expiry"}
    days = [(expiry - DAY).days for expiry in kept["expiry"].to_pylist()]
    return {**found, "years": np.array(days) / 365.0, "is_call": found["option_type"] == "CE"}


@pytest.fixture(scope="module")
def snapshot(table: Any) -> dict[date, Chain]:
    """The first snapshot as chains by expiry, by our own rules."""
    moment = table["ts"][0].as_py()
    now = moment.replace(tzinfo=ZoneInfo("Asia/Kolkata"))
    rows = table.filter(pc.equal(table["ts"], table["ts"][0])).to_pylist()
    chains = {}
    for expiry in sorted({row["expiry"] for row in rows}):
        mine = [row for row in rows if row["expiry"] == expiry]
        strikes = sorted({row["strike"] for row in mine})
        cells = {(row["strike"], row["option_type"]): row for row in mine}
        chains[expiry] = build_chain(_quotes(strikes, cells), years=years_left(expiry, now))
    return chains


def _quotes(strikes: list[float], cells: dict[tuple[float, str], Any]) -> ChainQuotes:
    def column(name: str, missing: float) -> np.ndarray:
        return np.array(
            [
                [cells.get((strike, kind), {}).get(name, missing) for kind in ("CE", "PE")]
                for strike in strikes
            ]
        )

    nothing = np.zeros((len(strikes), 2))
    return ChainQuotes(
        spot=next(iter(cells.values()))["spot"], strikes=np.array(strikes),
        last=column("ltp", np.nan), bid=nothing, ask=nothing,
        volume=column("volume", 0).astype(np.int64), oi=column("oi", 0).astype(np.int64),
    )  # fmt: skip


def test_greeks_are_those_of_the_file(columns: dict[str, np.ndarray]) -> None:
    """43,000 rows in one call; the file rounds, and its spot is not quite of the same second."""
    mine = black_scholes_greeks(
        columns["spot"], columns["strike"], columns["years"], columns["iv"] / 100, 0.065,
        columns["is_call"],
    )  # fmt: skip
    limits = {"delta": 5e-4, "gamma": 2e-6, "theta": 0.02, "vega": 0.02, "rho": 0.005}
    for name, limit in limits.items():
        off = np.abs(getattr(mine, name) - columns[name])
        assert np.median(off) < limit, name
        assert np.quantile(off, 0.99) < 25 * limit, name


def test_volatilities_are_those_of_the_exchange(columns: dict[str, np.ndarray]) -> None:
    """Near the money, where a price says something about volatility; in points of it."""
    near = np.abs(columns["strike"] / columns["spot"] - 1) < 0.03
    ltp, spot, strike, years, is_call, theirs = (
        columns[name][near] for name in ("ltp", "spot", "strike", "years", "is_call", "iv")
    )
    forward = forward_price(spot, years, 0.10)
    off = np.abs(implied_volatility(ltp, forward, strike, years, 0.10, is_call) * 100 - theirs)
    assert np.isnan(off).mean() < 0.01
    assert np.nanmedian(off) < 0.2
    assert np.nanquantile(off, 0.9) < 1.0


def test_the_forward_of_parity_reconciles_calls_and_puts(snapshot: dict[date, Chain]) -> None:
    """With the spot at a fixed rate a call and a put of one strike differ by points instead."""
    for chain in snapshot.values():
        near = np.abs(chain.strikes / chain.forward - 1) < 0.01
        difference = np.abs(chain.volatility[near, CALL] - chain.volatility[near, PUT])
        assert chain.forward_source == "parity"
        assert np.nanmedian(difference) < 0.002
        assert chain.quotes.spot < chain.forward < 1.01 * chain.quotes.spot


def test_most_options_imply_a_volatility_and_all_traded_strikes_have_greeks(
    snapshot: dict[date, Chain],
) -> None:
    for chain in snapshot.values():
        traded = chain.quotes.last > 0
        assert np.isfinite(chain.volatility[traded]).mean() > 0.85
        paired = traded.all(axis=1)
        assert np.isfinite(chain.greeks.delta[paired]).mean() > 0.98


def test_max_pain_and_ratio_of_the_real_chain(snapshot: dict[date, Chain]) -> None:
    for chain in snapshot.values():
        quotes, found = chain.quotes, max_pain(chain.quotes)
        payout = [
            float((quotes.oi[:, CALL] * np.maximum(settled - quotes.strikes, 0)).sum())
            + float((quotes.oi[:, PUT] * np.maximum(quotes.strikes - settled, 0)).sum())
            for settled in quotes.strikes
        ]
        assert found.strike == quotes.strikes[int(np.argmin(payout))]
        assert found.payout == pytest.approx(payout)
        ratio = put_call_ratio(quotes)
        assert ratio.by_oi == quotes.oi[:, PUT].sum() / quotes.oi[:, CALL].sum()


def test_words_find_contracts_in_the_real_chain(snapshot: dict[date, Chain]) -> None:
    listed = list(snapshot)
    now = next(iter(snapshot.values()))
    assert now.quotes.spot == pytest.approx(24_052.4)
    moment = _at(DAY)
    assert resolve_expiry("current_week", listed, moment, exchange="NFO") == date(2026, 8, 25)
    assert resolve_expiry("current_month", listed, moment, exchange="NFO") == date(2026, 8, 25)
    assert [is_monthly("NFO", day) for day in listed] == [True, False, False, False]
    found = choose(now, read_selection({"option_type": "CE", "delta_target": 0.3}))
    assert abs(now.greeks.delta[found.row, CALL] - 0.3) < 0.03
    atm = choose(now, read_selection({"option_type": "PE", "offset": "ATM"}))
    assert now.strikes[atm.row] == 24_050.0


def _at(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Asia/Kolkata"))

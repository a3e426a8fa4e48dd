"""Print how the moments of the simulated world compare with those of a real data set.

usage: calibrate_world.py FOLDER [SEED [OTHER ...]]

FOLDER holds nse_daily.parquet (date, symbol, open, high, low, close, volume, basis) and
nse_indices.parquet (date, index, close). The first seed is shown beside the real figures, the
others as a range. Only aggregate figures are printed, as a Markdown table.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from tradertape_core.market.universe_facts import FACTS
from tradertape_core.market.world import DEFAULT_SEED, World, generate
from tradertape_core.market.world.moments import (
    Candles,
    index_moments,
    stock_moments,
    volatility_index_moments,
)

Moments = dict[str, float]
Groups = dict[str, Moments]

END = date(2026, 4, 24)  # of the real prices
INDICES = ("NIFTY 50", "NIFTY BANK")
# One basis for each symbol, the best it has.
BASES = ("split", "total_return", "split_2023")
FIELDS = ("open", "high", "low", "close", "volume")


def measure_real(folder: Path) -> Groups:
    """Measure the companies of the typed table and the indices since 2015."""
    series = pd.read_parquet(folder / "nse_indices.parquet", columns=["date", "index", "close"])
    series["date"] = pd.to_datetime(series["date"])
    closes = series[series["date"] >= "2015-01-01"].pivot(
        index="date", columns="index", values="close"
    )
    vix = volatility_index_moments(closes["INDIA VIX"].to_numpy(), closes["NIFTY 50"].to_numpy())
    return {
        "Stocks": stock_moments(read_candles(folder)),
        **{name: index_moments(closes[name].to_numpy()) for name in INDICES},
        "INDIA VIX": vix,
    }


def read_candles(folder: Path) -> Candles:
    """Read the real candles of the typed companies as (T, N) arrays."""
    rows = pd.read_parquet(
        folder / "nse_daily.parquet", columns=["date", "symbol", "basis", *FIELDS]
    )
    rows = rows[rows["symbol"].isin(FACTS)]
    rank = rows["basis"].map({basis: i for i, basis in enumerate(BASES)})
    rows = rows[rank == rank.groupby(rows["symbol"]).transform("min")]
    wide = rows.pivot(index="date", columns="symbol", values=list(FIELDS)).sort_index()
    symbols = list(wide["close"].columns)
    matrices = [wide[field].to_numpy(dtype=np.float64) for field in FIELDS]
    return Candles(*matrices, sectors=tuple(FACTS[symbol].sector for symbol in symbols))


def measure_world(world: World) -> Groups:
    """Measure a simulated world in the same way."""
    candles = Candles(world.open, world.high, world.low, world.close, world.volume, world.sectors)
    indices = world.indices
    vix = volatility_index_moments(indices["INDIA VIX"].close, indices["NIFTY 50"].close)
    return {
        "Stocks": stock_moments(candles),
        **{name: index_moments(world.indices[name].close) for name in INDICES},
        "INDIA VIX": vix,
    }


def main(folder: Path, seed: int, others: list[int]) -> None:
    real = measure_real(folder)
    shown = measure_world(generate(seed, end=END))
    around = [measure_world(generate(other, end=END)) for other in others]
    print(f"| Moment | Real | Seed {seed} | {len(others)} other seeds |")
    print("| --- | ---: | ---: | ---: |")
    for group, moments in real.items():
        print(f"| **{group}** | | | |")
        for name, value in moments.items():
            spread = [world[group][name] for world in around]
            print(
                f"| {name} | {value:.3f} | {shown[group][name]:.3f} "
                f"| {min(spread):.3f} to {max(spread):.3f} |"
            )


if __name__ == "__main__":
    seeds = [int(seed) for seed in sys.argv[2:]]
    main(Path(sys.argv[1]), (seeds or [DEFAULT_SEED])[0], seeds[1:] or list(range(1, 13)))

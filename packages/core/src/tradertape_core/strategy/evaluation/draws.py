"""Random numbers that every run agrees on: drawn from (seed, date, symbol) and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
_MASK = (1 << 64) - 1


def uniform(
    seed: int, dates: NDArray[np.datetime64], symbols: Sequence[str]
) -> NDArray[np.float64]:
    """(T, N) numbers of [0, 1). A cell is the same on any panel that holds its date and symbol.

    Source: the finaliser of splitmix64 (S. Vigna, 2015) over FNV-1a of the symbol.
    """
    days = dates.astype("datetime64[D]").astype(np.int64).astype(np.uint64)
    rows = _mixed(days ^ _mixed(np.array([seed], dtype=np.uint64)))
    columns = np.array([_fnv(symbol) for symbol in symbols], dtype=np.uint64)
    mixed = _mixed(rows[:, None] ^ columns[None, :])
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = state + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _fnv(text: str) -> int:
    state = _FNV_OFFSET
    for byte in text.encode():
        state = ((state ^ byte) * _FNV_PRIME) & _MASK
    return state

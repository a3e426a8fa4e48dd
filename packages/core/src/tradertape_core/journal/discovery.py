"""What stands out: whether the trips of a group did better or worse than all others, by more than
chance, after paying for the number of groups that were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
LEAST = 20  # trips in a group, and outside it
MOST_FALSE = 0.10  # share of findings that may be false, on average


@dataclass(frozen=True, slots=True)
class Bucket:
    """A group of trips. members: which of them, true or false for each."""

    dimension: str
    name: str
    members: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Finding:
    """How a group compares with the trips outside it. Averages: returns as fractions.

    chance: of a difference in rank as large if there were none (p). adjusted: the same after the
    correction for all groups tested. stands_out: adjusted is within `MOST_FALSE`.
    """

    dimension: str
    name: str
    count: int
    average: float
    average_others: float
    is_better: bool
    chance: float
    adjusted: float
    stands_out: bool


def discover(
    returns: Values,
    buckets: Sequence[Bucket],
    *,
    least: int = LEAST,
    most_false: float = MOST_FALSE,
) -> tuple[list[Finding], int]:
    """The groups that could be tested, the surest first, and how many were too small.

    returns: of each trip, as a fraction of what it was opened for. Each group is compared with all
    trips outside it by ranks (Mann-Whitney, with ties), so that one lucky trade decides nothing.
    The chances are corrected by Benjamini and Yekutieli (2001), which holds however the groups
    overlap: on average at most `most_false` of what stands out is noise.
    """
    ranks, ties = _ranks(returns)
    count = len(returns)
    tested: list[tuple[Bucket, float, bool]] = []
    small = 0
    for bucket in buckets:
        inside = int(bucket.members.sum())
        if inside < least or count - inside < least:
            small += bool(inside)
            continue
        chance, is_better = _compare(float(ranks[bucket.members].sum()), inside, count, ties)
        tested.append((bucket, chance, is_better))
    adjusted = _adjusted([chance for _, chance, _ in tested])
    whole = float(returns.sum())
    found: list[Finding] = []
    for (bucket, chance, is_better), after in zip(tested, adjusted, strict=True):
        inside, gained = int(bucket.members.sum()), float(returns[bucket.members].sum())
        found.append(
            Finding(
                bucket.dimension, bucket.name, inside, gained / inside,
                (whole - gained) / (count - inside), is_better, chance, after, after <= most_false,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (one.adjusted, one.chance)), small


def _ranks(values: Values) -> tuple[Values, float]:
    """Ranks from 1, equal values sharing theirs, and the sum of t³ - t over ties of t."""
    _, place, many = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(many)
    middle = last - (many - 1) / 2
    sizes = many.astype(np.float64)
    return middle[place], float((sizes**3 - sizes).sum())


def _compare(rank_sum: float, inside: int, count: int, ties: float) -> tuple[float, bool]:
    """The two-sided chance of a sum of ranks by the normal law, and whether it is above middle."""
    outside = count - inside
    above = rank_sum - inside * (inside + 1) / 2 - inside * outside / 2
    spread = inside * outside / 12 * ((count + 1) - ties / (count * (count - 1)))
    if spread <= 0:
        return 1.0, False
    distance = max(0.0, abs(above) - 0.5) / sqrt(spread)
    return min(1.0, erfc(distance / sqrt(2))), above > 0


def _adjusted(chances: Sequence[float]) -> list[float]:
    if not chances:
        return []
    many = len(chances)
    order = np.argsort(chances)
    dependence = (1 / np.arange(1, many + 1)).sum()
    scaled = np.asarray(chances)[order] * many * dependence / np.arange(1, many + 1)
    falling = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    found = np.empty(many)
    found[order] = falling
    return found.tolist()

"""Companies that the sandbox's exchange lists beyond those of the simulated market.

A real exchange lists more than our simulation knows. Who takes the sandbox for a broker finds here
names that only the broker can tell of: each moves within the day by itself, and its days are those
of the share that it is like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tradertape_core.market.universe_facts import FACTS
from tradertape_core.market.world.day import MarketDay


@dataclass(frozen=True, slots=True)
class FurtherShare:
    """A company of the sandbox alone; `like` is the simulated share whose days it has."""

    symbol: str
    name: str
    isin: str
    like: str


FURTHER: Mapping[str, FurtherShare] = {
    one.symbol: one
    for one in (
        FurtherShare("TAPEFIN", "Tape Finance", "INE0TT101013", "BAJFINANCE"),
        FurtherShare("TAPESTEEL", "Tape Steel", "INE0TT201011", "TATASTEEL"),
        FurtherShare("TAPEPOWER", "Tape Power", "INE0TT301019", "NTPC"),
    )
}


def with_further(day: MarketDay) -> MarketDay:
    """The market of a day with the sandbox's own companies in it."""
    listed = [one for one in FURTHER.values() if one.like in day.shares]
    return replace(
        day,
        shares={**day.shares, **{one.symbol: day.shares[one.like] for one in listed}},
        pulls={**day.pulls, **{one.symbol: day.pulls[one.like] for one in listed}},
        outstanding={
            **day.outstanding,
            **{one.symbol: day.outstanding[one.like] for one in listed},
        },
        volatility={
            **day.volatility,
            **{one.symbol: day.volatility[one.like] for one in listed},
        },
    )


def name_and_isin(symbol: str) -> tuple[str, str] | None:
    """What a share is called, and its ISIN; None for what is not a share."""
    known = FURTHER.get(symbol) or FACTS.get(symbol)
    return None if known is None else (known.name, known.isin)


def simulated_symbol(symbol: str) -> str:
    """The simulated share whose days an instrument has."""
    further = FURTHER.get(symbol)
    return symbol if further is None else further.like

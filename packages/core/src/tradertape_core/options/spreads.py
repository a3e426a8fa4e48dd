"""Well-known strategies as selections around the money, to be resolved against any chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tradertape_core.kernel.errors import InvalidInput

Way = Literal["BUY", "SELL"]
Outlook = Literal["up", "down", "still", "moving"]
_MOST_STRIKES = 100


@dataclass(frozen=True, slots=True)
class SpreadLeg:
    """One leg: an offset of the vocabulary of `selection`, and how many lots of it per strategy."""

    option_type: Literal["CE", "PE"]
    offset: str
    transaction_type: Way
    lots: int = 1


@dataclass(frozen=True, slots=True)
class Spread:
    """A strategy people know by name. legs: of (strikes to the first leg, strikes to a wing)."""

    name: str
    title: str
    outlook: Outlook
    legs: Callable[[int, int], tuple[SpreadLeg, ...]]


def build_spread(
    name: str, *, distance: int | None = None, width: int = 2, lots: int = 1
) -> tuple[SpreadLeg, ...]:
    """The legs of a named strategy, bought ones first.

    distance: strikes between the money and the first leg, 0 unless the strategy is made of options
    out of the money (then 2); of an iron butterfly, which sells at the money, to its wings. width:
    strikes between the legs of one type. Raises InvalidInput for an unknown name or numbers that
    make no strategy, or another than its name says.
    """
    spread = SPREADS.get(name)
    if spread is None:
        raise InvalidInput(
            f"no strategy is called {name!r}; there are {', '.join(SPREADS)}", pointer="/spread"
        )
    apart = distance if distance is not None else (2 if name in _OUT_OF_MONEY else 0)
    if not 0 <= apart <= _MOST_STRIKES:
        raise InvalidInput(f"distance must be 0..{_MOST_STRIKES}", pointer="/distance")
    if not 1 <= width <= _MOST_STRIKES:
        raise InvalidInput(f"width must be 1..{_MOST_STRIKES}", pointer="/width")
    if lots < 1:
        raise InvalidInput("lots must be 1 or more", pointer="/lots")
    if apart and name in _STRANGLES:
        message = (
            f"{name} has both legs at the money: leave distance out, or ask for {_STRANGLES[name]}"
        )
        raise InvalidInput(message, pointer="/distance")
    legs = sorted(spread.legs(apart, width), key=lambda leg: leg.transaction_type != "BUY")
    return tuple(
        SpreadLeg(leg.option_type, leg.offset, leg.transaction_type, leg.lots * lots)
        for leg in legs
    )


def _leg(option_type: Literal["CE", "PE"], steps: int, way: Way, lots: int = 1) -> SpreadLeg:
    offset = f"{steps:+d}_strike" if steps else "ATM"
    return SpreadLeg(option_type, offset, way, lots)


def _vertical(option_type: Literal["CE", "PE"], near: Way, far: Way) -> _Legs:
    direction = 1 if option_type == "CE" else -1

    def legs(distance: int, width: int) -> tuple[SpreadLeg, ...]:
        return (
            _leg(option_type, direction * distance, near),
            _leg(option_type, direction * (distance + width), far),
        )

    return legs


def _both(way: Way) -> _Legs:
    def legs(distance: int, _width: int) -> tuple[SpreadLeg, ...]:
        return _leg("CE", distance, way), _leg("PE", -distance, way)

    return legs


def _winged(distance: int, width: int) -> tuple[SpreadLeg, ...]:
    return (
        _leg("PE", -distance - width, "BUY"),
        _leg("PE", -distance, "SELL"),
        _leg("CE", distance, "SELL"),
        _leg("CE", distance + width, "BUY"),
    )


def _winged_at_money(distance: int, width: int) -> tuple[SpreadLeg, ...]:
    return _winged(0, distance or width)


def _butterfly(option_type: Literal["CE", "PE"]) -> _Legs:
    def legs(distance: int, width: int) -> tuple[SpreadLeg, ...]:
        middle = distance if option_type == "CE" else -distance
        return (
            _leg(option_type, middle - width, "BUY"),
            _leg(option_type, middle, "SELL", 2),
            _leg(option_type, middle + width, "BUY"),
        )

    return legs


def _single(option_type: Literal["CE", "PE"], way: Way) -> _Legs:
    direction = 1 if option_type == "CE" else -1
    return lambda distance, _width: (_leg(option_type, direction * distance, way),)


def _synthetic(distance: int, _width: int) -> tuple[SpreadLeg, ...]:
    return _leg("CE", distance, "BUY"), _leg("PE", distance, "SELL")


_Legs = Callable[[int, int], tuple[SpreadLeg, ...]]
_OUT_OF_MONEY = frozenset({"long_strangle", "short_strangle", "iron_condor"})
_STRANGLES = {"long_straddle": "long_strangle", "short_straddle": "short_strangle"}

SPREADS: Mapping[str, Spread] = {
    spread.name: spread
    for spread in (
        Spread("long_call", "Long call", "up", _single("CE", "BUY")),
        Spread("long_put", "Long put", "down", _single("PE", "BUY")),
        Spread("short_call", "Short call", "down", _single("CE", "SELL")),
        Spread("short_put", "Short put", "up", _single("PE", "SELL")),
        Spread("bull_call_spread", "Bull call spread", "up", _vertical("CE", "BUY", "SELL")),
        Spread("bear_call_spread", "Bear call spread", "down", _vertical("CE", "SELL", "BUY")),
        Spread("bull_put_spread", "Bull put spread", "up", _vertical("PE", "SELL", "BUY")),
        Spread("bear_put_spread", "Bear put spread", "down", _vertical("PE", "BUY", "SELL")),
        Spread("long_straddle", "Long straddle", "moving", _both("BUY")),
        Spread("short_straddle", "Short straddle", "still", _both("SELL")),
        Spread("long_strangle", "Long strangle", "moving", _both("BUY")),
        Spread("short_strangle", "Short strangle", "still", _both("SELL")),
        Spread("iron_condor", "Iron condor", "still", _winged),
        Spread("iron_butterfly", "Iron butterfly", "still", _winged_at_money),
        Spread("call_butterfly", "Call butterfly", "still", _butterfly("CE")),
        Spread("put_butterfly", "Put butterfly", "still", _butterfly("PE")),
        Spread("synthetic_future", "Synthetic future", "up", _synthetic),
    )
}

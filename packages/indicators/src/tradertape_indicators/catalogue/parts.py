"""What catalogue entries are built from."""

from __future__ import annotations

from tradertape_indicators.specs import Params, ParamSpec

LONGEST_PERIOD = 1_000  # bars; four years of days
WILDER = "Wilder 1978"


def period(default: int, name: str = "period") -> ParamSpec:
    """Return the parameter for a number of bars."""
    return ParamSpec(name, "int", default, 1, LONGEST_PERIOD)


def multiplier(default: float) -> ParamSpec:
    """Return the parameter for how many deviations or ranges a band is away."""
    return ParamSpec("multiplier", "float", default, 0.01, 100.0)


def whole(params: Params, name: str = "period") -> int:
    """Return a whole-number parameter."""
    return int(params[name])


def full_window(params: Params) -> tuple[int, ...]:
    """First bar of what needs `period` bars."""
    return (whole(params) - 1,)


def full_changes(params: Params) -> tuple[int, ...]:
    """First bar of what needs `period` changes, so one bar more."""
    return (whole(params),)


def at_once(_: Params) -> tuple[int, ...]:
    """First bar of what is defined from the start."""
    return (0,)

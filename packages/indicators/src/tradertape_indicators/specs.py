"""What the catalogue says about an indicator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Input = Literal["open", "high", "low", "close", "volume", "source", "left", "right"]
Family = Literal[
    "price", "trend", "momentum", "oscillator", "volatility", "volume", "statistics", "market"
]
Params = Mapping[str, float]


@dataclass(frozen=True)
class ParamSpec:
    """A parameter: whole number or not, its default, and the least and most it may be."""

    name: str
    kind: Literal["int", "float"]
    default: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class IndicatorSpec:
    """One indicator of the catalogue.

    inputs: the series the function takes, in order; "source" is a series of the caller's choice.
    outputs: names of the results, the one taken by default first; one alone means a plain array.
    unit: of the result; "source" is the unit of the input.
    source: the formula, and where it comes from.
    first_bars: parameters -> index of the first defined bar of each output, on data without gaps.
    function: called with the inputs by position and the parameters by name. Those of boolean
      indicators answer 1.0, 0.0, or NaN where there are too few bars to say.
    recursive: the value depends, ever less, on all bars since the start, not on a window alone.
    cross_sectional: the value compares the columns of a row, so columns are not independent.
    check: raises ValueError for parameters that are wrong together.
    """

    name: str
    title: str
    family: Family
    inputs: tuple[Input, ...]
    params: tuple[ParamSpec, ...]
    outputs: tuple[str, ...]
    unit: str
    source: str
    first_bars: Callable[[Params], tuple[int, ...]]
    function: Callable[..., Any]
    recursive: bool = False
    cross_sectional: bool = False
    boolean: bool = False
    check: Callable[[Params], None] | None = None

    @property
    def defaults(self) -> dict[str, float]:
        """The parameters' defaults, whole numbers as int."""
        return {one.name: one.default for one in self.params}

    def warm_up(self, params: Params, output: str = "") -> int:
        """Return the index of the first defined bar: of one output, or of all of them.

        params: any subset; the rest takes its default.
        """
        firsts = self.first_bars({**self.defaults, **params})
        return firsts[self.outputs.index(output)] if output else max(firsts)


@dataclass(frozen=True)
class ShortName:
    """A fixed name of the strategy language, such as rsi14: indicator, parameters, output."""

    fn: str
    params: Params
    output: str
    source: str

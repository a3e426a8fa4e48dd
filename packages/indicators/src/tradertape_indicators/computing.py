"""One door to every indicator by its name: parameters checked, inputs picked, output picked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradertape_indicators.arrays import Array
from tradertape_indicators.catalogue import CATALOGUE, SHORT_NAMES
from tradertape_indicators.specs import IndicatorSpec, Params, ParamSpec, ShortName


def resolve(
    name: str, params: Params | None = None, *, source: str = "close", output: str = ""
) -> ShortName:
    """Return what a name means: catalogue indicator, complete parameters, output, source.

    name: of the catalogue ("rsi") or a short name ("rsi14", which brings its own parameters, output
    and source).
    Raises ValueError, with a text that says what to do, if any of it is wrong.
    """
    short = SHORT_NAMES.get(name)
    if short is None or name in CATALOGUE:
        spec = find(name)
        meaning = ShortName(name, params or {}, output or spec.outputs[0], source)
    else:
        if params:
            raise ValueError(f"{name} takes no parameters: use {short.fn} with {_names(short.fn)}")
        if output not in ("", short.output):
            raise ValueError(f"{name} has no outputs to choose from: use {short.fn}")
        spec = CATALOGUE[short.fn]
        meaning = short
    if meaning.output not in spec.outputs:
        raise ValueError(f"{name}: no output {output!r}; it has {', '.join(spec.outputs)}")
    return replace(meaning, params=check_params(spec.name, meaning.params))


def find(name: str) -> IndicatorSpec:
    """Return a catalogue entry. Raises ValueError naming the nearest ones if there is none."""
    spec = CATALOGUE.get(name)
    if spec is not None:
        return spec
    near = get_close_matches(name, [*CATALOGUE, *SHORT_NAMES], n=3, cutoff=0.6)
    near = list(dict.fromkeys(near))
    advice = f"did you mean {' or '.join(near)}?" if near else "the catalogue lists the names"
    raise ValueError(f"unknown indicator {name!r}: {advice}")


def check_params(name: str, params: Params) -> dict[str, float]:
    """Return an indicator's parameters, complete, whole numbers as int.

    Raises ValueError for a parameter that is unknown, of the wrong kind or out of bounds.
    """
    spec = find(name)
    known = {one.name: one for one in spec.params}
    for given in params:
        if given not in known:
            takes = _names(name) or "none"
            raise ValueError(f"{name}: no parameter {given!r}; it takes {takes}")
    complete = {
        one.name: _checked(name, one, params.get(one.name, one.default)) for one in spec.params
    }
    if spec.check is not None:
        try:
            spec.check(complete)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return complete


def compute(
    name: str,
    series: Mapping[str, NDArray[np.float64]],
    params: Params | None = None,
    *,
    source: str = "close",
    output: str = "",
    member: NDArray[np.bool_] | None = None,
) -> Array:
    """Compute one output of an indicator from named series.

    name: of the catalogue or a short name; a short name brings its parameters, output and source.
    series: "open", "high", "low", "close", "volume" and what else `source` or the inputs name, as
      (n,) or (n, m) arrays of one shape.
    source: the series that single-series indicators read.
    output: one of the indicator's outputs; the first if empty.
    member: (n, m), who takes part in a cross-sectional indicator; all if None.
    Returns float64 like the inputs, NaN where undefined; of boolean indicators 1.0, 0.0 or NaN.
    Raises ValueError, with a text that says what to do, if a name or parameter is wrong.
    """
    meaning = resolve(name, params, source=source, output=output)
    spec = CATALOGUE[meaning.fn]
    inputs = [
        _input(spec, series, meaning.source if key == "source" else key) for key in spec.inputs
    ]
    extra: dict[str, Any] = {"member": member} if spec.cross_sectional else {}
    result = spec.function(*inputs, **meaning.params, **extra)
    return result if len(spec.outputs) == 1 else result[meaning.output]


def _input(
    spec: IndicatorSpec, series: Mapping[str, NDArray[np.float64]], key: str
) -> NDArray[np.float64]:
    if key not in series:
        raise ValueError(f"{spec.name}: needs the series {key!r}; given were {', '.join(series)}")
    return series[key]


def _names(name: str) -> str:
    return ", ".join(one.name for one in CATALOGUE[name].params)


def _checked(name: str, spec: ParamSpec, value: object) -> float:
    number = _number(value)
    in_bounds = spec.minimum <= number <= spec.maximum  # never so for NaN
    if not in_bounds or (spec.kind == "int" and number != int(number)):
        kind = "a whole number" if spec.kind == "int" else "a number"
        bounds = f"from {spec.minimum:,} to {spec.maximum:,}"
        raise ValueError(f"{name}: {spec.name} must be {kind} {bounds}, was {value!r}")
    return int(number) if spec.kind == "int" else number


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return math.nan
    return float(value)  # pyright: ignore[reportUnknownArgumentType] - any numpy number

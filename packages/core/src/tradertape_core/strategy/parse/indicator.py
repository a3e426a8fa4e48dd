"""Indicator operands, from JSON to `rules.Indicator`: short names and catalogue functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from tradertape_core.strategy.language import rules
from tradertape_core.strategy.parse.place import Fields, Place, hint
from tradertape_indicators import CATALOGUE, SHORT_NAMES, IndicatorSpec, ParamSpec, check_params

MAX_OFFSET = 250
PRICES = ("open", "high", "low", "close", "volume")  # the candle's own numbers

_CLOSE = rules.Indicator(fn="close", name="close")


def read_indicator(place: Place, params: Mapping[str, float], *, of_index: bool) -> rules.Indicator:
    """Read {"name": …} or {"fn": …, "params": …}; an index has no volume and no peers."""
    fields = place.fields(("type", "name", "fn", "params", "source", "output", "offset"))
    offset = fields.integer("offset", 0, 0, MAX_OFFSET)
    name, fn = fields.get("name"), fields.get("fn")
    if (name is None) == (fn is None):
        place.fail('needs either "name", a short name such as "sma200", or "fn" with "params"')
        return _CLOSE
    if name is not None:
        for key in ("params", "source", "output"):
            if fields.has(key):
                place.at(key, None).fail(f'"{key}" goes with "fn"; a short name is complete')
        read = _by_name(name, offset)
    else:
        read = _by_function(fields, cast(Place, fn), params, offset)
    if of_index and (missing := _missing_on_index(read)):
        (name or fn or place).fail(missing)
    return read


def _by_name(place: Place, offset: int) -> rules.Indicator:
    name = place.text(40, shortest=1)
    if name in PRICES:
        return rules.Indicator(fn=name, offset=offset, name=name)
    short = SHORT_NAMES.get(name)
    if short is None:
        place.fail(f'unknown indicator "{name}"{_name_hint(name)}')
        return _CLOSE
    several = len(CATALOGUE[short.fn].outputs) > 1
    return rules.Indicator(
        fn=short.fn,
        params=tuple(sorted((key, float(value)) for key, value in short.params.items())),
        output=short.output if several else "",
        source=short.source,
        offset=offset,
        name=name,
    )


def _name_hint(name: str) -> str:
    """The nearest short name, and the long form where the name is a function and a period."""
    fn = name.rstrip("0123456789")
    if name == fn or fn not in CATALOGUE or not CATALOGUE[fn].params:
        return hint(name, (*PRICES, *SHORT_NAMES))
    kin = [short for short, meaning in SHORT_NAMES.items() if meaning.fn == fn]
    nearest = f"; did you mean {kin[0]}?" if kin else ";"
    params = f'{{"{CATALOGUE[fn].params[0].name}": {name[len(fn) :]}}}'
    return f'{nearest} (any period: "fn": "{fn}", "params": {params})'


def _by_function(
    fields: Fields, place: Place, params: Mapping[str, float], offset: int
) -> rules.Indicator:
    fn = place.text(40, shortest=1)
    if fn in PRICES:
        for key in ("params", "source", "output"):
            if fields.get(key) is not None:
                fields.place.at(key, None).fail(
                    f'"{fn}" is a number of the candle: it has no {key}'
                )
        return rules.Indicator(fn=fn, offset=offset, name=fn)
    spec = CATALOGUE.get(fn)
    if spec is None:
        advice = ': "fn" takes a function; write it as "name"' if fn in SHORT_NAMES else ""
        place.fail(f'unknown indicator "{fn}"{advice or hint(fn, (*PRICES, *CATALOGUE))}')
        return _CLOSE
    if "left" in spec.inputs:
        place.fail(f'"{fn}" compares two series: write it as a cross condition')
        return _CLOSE
    return rules.Indicator(
        fn=fn,
        params=_params(fields, spec, params),
        output=_output(fields, spec),
        source=_source(fields, spec),
        offset=offset,
    )


def _output(fields: Fields, spec: IndicatorSpec) -> str:
    found = fields.get("output")
    if len(spec.outputs) <= 1:
        if found is not None and found.value not in ("", *spec.outputs):
            found.fail(f'"{spec.name}" has one output: leave "output" out')
        return ""
    return found.choice(spec.outputs) if found is not None else spec.outputs[0]


def _source(fields: Fields, spec: IndicatorSpec) -> str:
    found = fields.get("source")
    if found is None:
        return "close"
    if "source" not in spec.inputs:
        found.fail(f'"{spec.name}" reads {", ".join(spec.inputs)}: it takes no source')
    return found.choice(PRICES)


def _params(
    fields: Fields, spec: IndicatorSpec, declared: Mapping[str, float]
) -> tuple[tuple[str, float | rules.Param], ...]:
    """Every parameter of the function, defaults written out, sorted by name."""
    found = fields.get("params")
    given = found.fields(tuple(param.name for param in spec.params)) if found else None
    read: dict[str, float | rules.Param] = {one.name: float(one.default) for one in spec.params}
    before = len(fields.place.problems.found)
    for param in spec.params:
        place = given.get(param.name) if given else None
        if place is not None:
            read[param.name] = _param_value(place, param, declared)
    if len(fields.place.problems.found) == before:
        _refuse_misfits(found or fields.place, spec, read, declared)
    return tuple(sorted(read.items()))


def _refuse_misfits(
    place: Place,
    spec: IndicatorSpec,
    params: Mapping[str, float | rules.Param],
    declared: Mapping[str, float],
) -> None:
    """Report parameters that are each fine but wrong together, such as fast above slow."""
    values = {
        name: declared[value.name] if isinstance(value, rules.Param) else value
        for name, value in params.items()
    }
    try:
        check_params(spec.name, values)
    except ValueError as error:
        place.fail(str(error))


def _param_value(
    place: Place, spec: ParamSpec, declared: Mapping[str, float]
) -> float | rules.Param:
    if place.members is not None:
        kind = place.members.get("type")
        if kind == "literal":
            found = place.fields(("type", "value")).require("value", "a number")
            return _bounded(found, spec) if found else spec.default
        if kind != "param":
            place.fail('must be a number or {"type": "param", "name": …}')
            return spec.default
        name = read_param_name(place, declared)
        if not name:
            return spec.default
        _bounded(Place(declared[name], place.pointer, place.problems), spec)
        return rules.Param(name)
    return _bounded(place, spec)


def _bounded(place: Place, spec: ParamSpec) -> float:
    if spec.kind == "int":
        return float(place.integer(int(spec.minimum), int(spec.maximum)))
    return place.number(spec.minimum, spec.maximum)


def _missing_on_index(read: rules.Indicator) -> str:
    spec = CATALOGUE.get(read.fn)
    if read.fn == "volume" or read.source == "volume" or (spec and "volume" in spec.inputs):
        return "an index has no volume"
    if spec and spec.cross_sectional:
        return "an index has no peers to be ranked among"
    return ""


def read_param_name(place: Place, params: Mapping[str, float]) -> str:
    """The name of a declared parameter, "" with a problem where it is not declared."""
    found = place.fields(("type", "name")).require("name", "a parameter declared in params")
    name = found.text(40, shortest=1) if found else ""
    if found and name and name not in params:
        declared = f" (declared: {', '.join(params)})" if params else ": declare it in params"
        found.fail(f'unknown parameter "{name}"{hint(name, params)}{declared}')
        return ""
    return name

"""The catalogue as a page of the documentation: `docs/indicators.md` is what `render` returns."""

from __future__ import annotations

from collections.abc import Iterable

from tradertape_indicators.catalogue import CATALOGUE, SHORT_NAMES
from tradertape_indicators.specs import IndicatorSpec, ParamSpec, ShortName

_HEAD = """\
# Indicators

Every indicator has one definition, used by the backtest, by live scans and by workers alike. This
page is written by `python -m tradertape_indicators.catalogue > docs/indicators.md`; a test holds
it equal to the catalogue.

What holds for all of them:

- A value uses its own bar and earlier ones, never a later one.
- **First bar** is the index, counted from 0, of the first defined value with default parameters.
  Before it the value is unknown, and a comparison with it is never true.
- A symbol's bars are its own consecutive ones. Where a gap is left in, a window that touches it is
  unknown, and an indicator marked *recursive* starts afresh after it. (Supertrend alone carries its
  state over a gap.)
- Recursive indicators depend, ever less, on all bars since the start. The others depend on their
  window alone and are the same to the last bit wherever the history starts. OBV and VWAP add up
  from the first bar on.
- Percentages are in percent: 5 is 5 %. The unit *source* is that of the series it is computed on,
  which is the close unless `source` names another.
- An indicator with several outputs gives the first listed one unless `output` names another.
"""

_FAMILIES = {
    "price": "The candle itself",
    "trend": "Averages and trend",
    "momentum": "Momentum",
    "oscillator": "Oscillators",
    "volatility": "Volatility",
    "volume": "Volume",
    "statistics": "Extremes, directions and crossings",
    "market": "Returns, liquidity, rank and regime",
}


def render() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD, "## Short names\n\n" + _short_names()]
    for family, title in _FAMILIES.items():
        members = [spec for spec in CATALOGUE.values() if spec.family == family]
        parts.append(f"## {title}\n\n" + _indicators(members))
    return "\n".join(parts)


def _short_names() -> str:
    rows = ((f"`{name}`", _meaning(short)) for name, short in SHORT_NAMES.items())
    example = '{"type": "indicator", "name": "rsi14"}'
    return f"Ready-made names for rules: `{example}`.\n\n" + _table(("name", "means"), rows)


def _meaning(short: ShortName) -> str:
    spec = CATALOGUE[short.fn]
    params = ", ".join(f"{name} {value:g}" for name, value in short.params.items())
    text = f"`{short.fn}`" + (f" with {params}" if params else "")
    if len(spec.outputs) > 1:
        text += f", output `{short.output}`"
    return text + (f", of the {short.source}" if "source" in spec.inputs else "")


def _indicators(members: Iterable[IndicatorSpec]) -> str:
    rows = (
        (
            f"`{spec.name}`",
            spec.title + (" (recursive)" if spec.recursive else ""),
            ", ".join(spec.inputs),
            "<br>".join(_param(one) for one in spec.params),
            ", ".join(spec.outputs),
            spec.unit,
            ", ".join(dict.fromkeys(str(first) for first in spec.first_bars(spec.defaults))),
            spec.source.replace("|", "\\|"),
        )
        for spec in members
    )
    heads = ("name", "title", "reads", "parameters", "outputs", "unit", "first bar", "definition")
    return _table(heads, rows)


def _param(spec: ParamSpec) -> str:
    return f"{spec.name} {spec.default:g} ({spec.minimum:g} to {spec.maximum:,g})"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)

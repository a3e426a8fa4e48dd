"""Charts as inline SVG: lines over dates, bars, a histogram. Colours come from CSS classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Label = Callable[[float], str]

WIDTH = 960
_LEFT, _RIGHT, _TOP, _BOTTOM = 72, 12, 8, 24
_MOST_POINTS = 480


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its values (D,), NaN where it has none, and the CSS class that colours it."""

    values: Floats
    css: str
    is_area: bool = False


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def line_chart(
    dates: Sequence[str], lines: Sequence[Line], *, height: int, label: Label, title: str
) -> str:
    """Lines over trading days, with a grid of round values and the years below.

    An area is filled to zero. Long series are thinned to their lowest value of each stretch for
    areas (no drawdown disappears) and to every n-th value for lines.
    """
    finite = [line.values[np.isfinite(line.values)] for line in lines]
    joined = np.concatenate(finite) if finite else np.zeros(0)
    if len(dates) < 2 or joined.size == 0:
        return ""
    low, high = float(joined.min()), float(joined.max())
    if any(line.is_area for line in lines):
        low, high = min(low, 0.0), max(high, 0.0)
    ticks = round_ticks(low, high)
    y = _Scale(min(low, ticks[0]), max(high, ticks[-1]), height - _BOTTOM, _TOP)
    x = _Scale(0, len(dates) - 1, _LEFT, WIDTH - _RIGHT)
    body = [_grid(ticks, y, label), _years(dates, x, height)]
    body += [_path(line, x, y) for line in lines]
    return _svg("".join(body), height, title)


def bar_chart(
    labels: Sequence[str], values: Sequence[float], *, height: int, label: Label, title: str
) -> str:
    """One bar a label, up in `gain`, down in `loss`; at most some 40 bars stay readable."""
    if not values:
        return ""
    low, high = min(0.0, *values), max(0.0, *values)
    ticks = round_ticks(low, high)
    y = _Scale(min(low, ticks[0]), max(high, ticks[-1]), height - _BOTTOM, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) / len(values)
    every = max(1, math.ceil(len(values) / 16))
    body = [_grid(ticks, y, label)]
    for i, (name, value) in enumerate(zip(labels, values, strict=True)):
        left, zero, top = _LEFT + i * step, y(0), y(value)
        body.append(
            f'<rect class="{"gain" if value >= 0 else "loss"}" x="{left + step * 0.15:.1f}" '
            f'y="{min(zero, top):.1f}" width="{step * 0.7:.1f}" height="{abs(top - zero):.1f}">'
            f"<title>{escape(name)}: {escape(label(value))}</title></rect>"
        )
        if i % every == 0:
            body.append(_text(left + step / 2, height - 6, name, "middle"))
    return _svg("".join(body), height, title)


def histogram(values: Floats, *, height: int, title: str, bins: int = 41) -> str:
    """How often each return (percent) came, zero on the border of two bars."""
    known = values[np.isfinite(values)]
    if known.size < 2:
        return ""
    # The far tails go into the last bars: one 80 % trade must not flatten all others.
    reach = float(np.quantile(np.abs(known), 0.99)) or 1.0
    half = bins // 2
    width = reach / half
    clipped = np.clip(np.floor(known / width), -half, half - 1).astype(np.int64)
    counts = np.bincount(clipped + half, minlength=2 * half)
    y = _Scale(0, float(counts.max()), height - _BOTTOM, _TOP)
    step = (WIDTH - _LEFT - _RIGHT) / counts.size
    body: list[str] = []
    for i, count in enumerate(counts.tolist()):
        low = (i - half) * width
        body.append(
            f'<rect class="{"gain" if i >= half else "loss"}" x="{_LEFT + i * step + 1:.1f}" '
            f'y="{y(count):.1f}" width="{step - 2:.1f}" height="{y(0) - y(count):.1f}">'
            f"<title>{low:.1f}% to {low + width:.1f}%: {count}</title></rect>"
        )
        if (i - half) % 5 == 0:
            body.append(_text(_LEFT + i * step, height - 6, f"{low:.1f}%", "middle"))
    return _svg("".join(body), height, title)


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values (1, 2 or 5 times a power of ten apart) that span low..high."""
    if high <= low:
        high = low + (abs(low) or 1.0) * 0.1
    raw = (high - low) / (most - 1)
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _svg(body: str, height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'preserveAspectRatio="none">{body}</svg>'
    )


def _grid(ticks: Sequence[float], y: _Scale, label: Label) -> str:
    return "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y(t):.1f}" y2="{y(t):.1f}"/>'
        + _text(_LEFT - 8, y(t) + 4, label(t), "end")
        for t in ticks
    )


def _years(dates: Sequence[str], x: _Scale, height: int) -> str:
    """The first trading day of each year, or of each quarter in runs of less than two years."""
    first, last = dates[0][:4], dates[-1][:4]
    cut = 4 if int(last) - int(first) > 1 else 7
    seen = [i for i in range(1, len(dates)) if dates[i][:cut] != dates[i - 1][:cut]]
    every = max(1, math.ceil(len(seen) / 12))
    return "".join(_text(x(i), height - 6, dates[i][:cut], "middle") for i in seen[::every])


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _path(line: Line, x: _Scale, y: _Scale) -> str:
    stretch = math.ceil(line.values.size / _MOST_POINTS)
    places = [
        place
        for start in range(0, line.values.size, stretch)
        if (place := _representative(line, start, stretch)) is not None
    ]
    if not places:
        return ""
    points = " ".join(f"{x(i):.1f},{y(float(line.values[i])):.1f}" for i in places)
    if not line.is_area:
        return f'<polyline class="{line.css}" points="{points}"/>'
    ends = f"{x(places[0]):.1f},{y(0):.1f}", f"{x(places[-1]):.1f},{y(0):.1f}"
    return f'<polygon class="{line.css}" points="{ends[0]} {points} {ends[1]}"/>'


def _representative(line: Line, start: int, stretch: int) -> int | None:
    """The row that represents a stretch: its lowest for an area, its last known for a line."""
    known = np.flatnonzero(np.isfinite(line.values[start : start + stretch]))
    if known.size == 0:
        return None
    if line.is_area:
        return start + int(known[np.argmin(line.values[start : start + stretch][known])])
    return start + int(known[-1])

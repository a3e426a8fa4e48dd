"""Selection of a contract of a chain: by strike, offset from the money, or delta.

An option type, and one of:

strike        the listed strike itself
offset        ATM, ITM1, ITM2 …, OTM1, OTM2 … or a count of strikes up or down: +1_strike,
moneyness     -2_strike; the two names mean the same
delta_target  the delta nearest to it, both without their signs; at most max_delta_gap away

At the money is the strike nearest to the spot. In and out of the money depend on the type: ITM1 of
a call lies one strike lower, of a put one higher; +1_strike is one higher for both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import numpy as np

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.options.chain import CALL, OPTION_TYPES, PUT, Chain
from tradertape_core.options.normal import Floats

Resolver = Literal["strike", "offset", "delta"]

# A delta further off than this is another trade than the one asked for.
MAX_DELTA_GAP = 0.15
_WAYS = ("strike", "offset", "moneyness", "delta_target")
_STEPS = re.compile(r"([+-]\d{1,3})_strikes?")
_SIDED = re.compile(r"(ITM|OTM)(\d{1,3})")
_VOCABULARY = "ATM, ITM1…, OTM1…, +1_strike or -2_strike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked for: an option type and exactly one of the others."""

    option_type: Literal["CE", "PE"]
    strike: float | None = None
    offset: str | None = None
    delta_target: float | None = None
    max_delta_gap: float = MAX_DELTA_GAP


@dataclass(frozen=True, slots=True)
class Choice:
    """The contract found: its place in the chain, how it was found and what is worth knowing."""

    row: int
    column: int
    resolver: Resolver
    meta: Mapping[str, Any]


def read_selection(document: Mapping[str, Any], *, pointer: str = "") -> Selection:
    """Read a selection from outside; raises InvalidDocument that names every problem."""
    problems: list[Problem] = []
    option_type = str(document.get("option_type", "")).strip().upper()
    if option_type not in OPTION_TYPES:
        problems.append(Problem(f"{pointer}/option_type", "option_type must be CE or PE"))
    given = [way for way in _WAYS if document.get(way) is not None]
    if len(given) != 1:
        found = f"found {' and '.join(given)}" if given else "found none"
        problems.append(Problem(pointer, f"give exactly one of {', '.join(_WAYS)}; {found}"))
    strike = _number(document, "strike", pointer, problems, above=0.0)
    delta = _delta(document, pointer, problems)
    gap = _number(document, "max_delta_gap", pointer, problems, above=0.0)
    offset = _offset_text(document, given, pointer, problems)
    if problems:
        raise InvalidDocument(problems)
    return Selection(
        option_type="CE" if option_type == "CE" else "PE",
        strike=strike,
        offset=offset,
        delta_target=delta,
        max_delta_gap=MAX_DELTA_GAP if gap is None else gap,
    )


def choose(chain: Chain, selection: Selection, *, pointer: str = "") -> Choice:
    """Find the contract; raises InvalidInput that names what there is when nothing fits."""
    column = CALL if selection.option_type == "CE" else PUT
    if selection.strike is not None:
        return _by_strike(chain, selection.strike, column, pointer)
    if selection.offset is not None:
        return _by_offset(chain, selection.offset, column, pointer)
    if selection.delta_target is not None:
        return _by_delta(chain, selection, column, pointer)
    raise InvalidInput(f"give exactly one of {', '.join(_WAYS)}", pointer=pointer)


def steps_from_money(offset: str, option_type: str) -> int:
    """How many strikes an offset lies above the money; raises InvalidInput for other words."""
    text = offset.strip()
    if text.upper() == "ATM":
        return 0
    if counted := _STEPS.fullmatch(text.lower()):
        return int(counted.group(1))
    if sided := _SIDED.fullmatch(text.upper()):
        number = int(sided.group(2))
        is_up = (sided.group(1) == "OTM") == (option_type == "CE")
        return number if is_up else -number
    raise InvalidInput(f"must be {_VOCABULARY}, was {offset!r}")


def _by_strike(chain: Chain, strike: float, column: int, pointer: str) -> Choice:
    distance = np.abs(chain.strikes - strike)
    row = int(np.argmin(distance))
    if distance[row] > 1e-6:
        near = chain.strikes[np.argsort(distance, kind="stable")[:4]]
        raise InvalidInput(
            f"no strike {_text(strike)}; nearest are {_texts(np.sort(near))} of "
            f"{_range(chain.strikes)}",
            pointer=f"{pointer}/strike",
        )
    return Choice(row, column, "strike", {"strike": strike})


def _by_offset(chain: Chain, offset: str, column: int, pointer: str) -> Choice:
    steps = steps_from_money(offset, OPTION_TYPES[column])
    row = chain.at_money + steps
    if not 0 <= row < chain.strikes.size:
        raise InvalidInput(
            f"{offset} lies outside the chain: {_text(chain.strikes[chain.at_money])} is at the "
            f"money of {_range(chain.strikes)}",
            pointer=f"{pointer}/offset",
        )
    atm = float(chain.strikes[chain.at_money])
    return Choice(row, column, "offset", {"offset": offset, "atm_strike": atm, "steps": steps})


def _by_delta(chain: Chain, selection: Selection, column: int, pointer: str) -> Choice:
    target = abs(selection.delta_target or 0.0)
    size: Floats = np.abs(chain.greeks.delta[:, column])
    gap: Floats = np.where(np.isfinite(size), np.abs(size - target), np.inf)
    row = int(np.argmin(gap))
    where = f"{pointer}/delta_target"
    if not math.isfinite(gap[row]):
        raise InvalidInput("no option of the chain has a delta: prices are missing", pointer=where)
    if gap[row] > selection.max_delta_gap:
        raise InvalidInput(
            f"no delta within {selection.max_delta_gap:g} of {target:g}; the nearest is "
            f"{_text(chain.strikes[row])} {OPTION_TYPES[column]} with {size[row]:.3f}",
            pointer=where,
        )
    meta = {
        "delta_target": target,
        "delta": float(chain.greeks.delta[row, column]),
        "delta_gap": float(gap[row]),
    }
    return Choice(row, column, "delta", meta)


def _offset_text(
    document: Mapping[str, Any], given: list[str], pointer: str, problems: list[Problem]
) -> str | None:
    name = next((way for way in given if way in ("offset", "moneyness")), None)
    if name is None:
        return None
    text = str(document[name]).strip()
    try:
        steps_from_money(text, "CE")
    except InvalidInput as refused:
        problems.append(Problem(f"{pointer}/{name}", f"{name} {refused.message}"))
    return text


def _delta(document: Mapping[str, Any], pointer: str, problems: list[Problem]) -> float | None:
    delta = _number(document, "delta_target", pointer, problems)
    if delta is not None and not 0.0 < abs(delta) < 1.0:
        text = f"delta_target must lie between 0 and 1, was {delta:g}"
        problems.append(Problem(f"{pointer}/delta_target", text))
    return delta


def _number(
    document: Mapping[str, Any], name: str, pointer: str, problems: list[Problem],
    above: float | None = None,
) -> float | None:  # fmt: skip
    value = document.get(name)
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(Decimal(str(value)))
    except InvalidOperation:
        number = math.nan
    if not math.isfinite(number) or (above is not None and number <= above):
        wanted = "a number" if above is None else f"a number above {above:g}"
        problems.append(Problem(f"{pointer}/{name}", f"{name} must be {wanted}, was {value!r}"))
        return None
    return number


def _range(strikes: Floats) -> str:
    return f"{strikes.size} strikes from {_text(strikes[0])} to {_text(strikes[-1])}"


def _texts(strikes: Floats) -> str:
    return ", ".join(_text(strike) for strike in strikes)


def _text(strike: float) -> str:
    return f"{float(strike):g}" if strike < 1e5 else f"{float(strike):.10g}"

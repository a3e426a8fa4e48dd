"""Numbers for people: Indian digit groups, lakh and crore, percentages. Text only, no arithmetic.

A value that is None shows as a dash, so that a figure without a value never looks like a zero.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

NOTHING = "–"
_TOGETHER = 3  # digits before the first comma
_LAKH = 100_000
_CRORE = 10_000_000

Number = float | Decimal | None


def grouped(value: Number, decimals: int = 0) -> str:
    """12345678.9 as "1,23,45,678.90": three digits, then groups of two."""
    if value is None:
        return NOTHING
    text = _rounded(value, decimals)
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = text.partition(".")
    if len(whole) <= _TOGETHER:
        return sign + text
    head, tail = whole[:-3], whole[-3:]
    pairs: list[str] = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return sign + ",".join([*pairs, tail]) + point + fraction


@lru_cache(maxsize=1_024)  # the same few prices are formatted again and again
def price_text(value: Decimal) -> str:
    """1450.5 as "1,450.50"; decimals beyond the second stay."""
    return grouped(value, max(2, -int(value.normalize().as_tuple().exponent)))


def inr(value: Number, decimals: int = 2, *, signed: bool = False) -> str:
    """104321.5 as "₹1,04,321.50", with its sign before the ₹; `signed` shows a plus as well."""
    if value is None:
        return NOTHING
    text = grouped(value, decimals)
    if text.startswith("-"):
        return f"-₹{text[1:]}"
    return f"{'+' if signed and value > 0 else ''}₹{text}"


def inr_short(value: Number) -> str:
    """12345678 as "₹1.23 crore", 104321 as "₹1.04 lakh", less than a lakh in full rupees."""
    if value is None:
        return NOTHING
    size = abs(value)
    # From here on a lakh or a crore is what the rounded figure would read as.
    if size >= _CRORE * 0.99995:
        return f"{inr(float(value) / _CRORE)} crore"
    if size >= _LAKH * 0.99995:
        return f"{inr(float(value) / _LAKH)} lakh"
    return inr(value, 0)


def percent(value: Number, decimals: int = 1, *, signed: bool = False) -> str:
    """12.345 (percent units) as "12.3%"; `signed` shows a plus as well."""
    if value is None:
        return NOTHING
    text = grouped(value, decimals)
    return f"{'+' if signed and value > 0 else ''}{text}%"


def unquoted(value: object) -> str:
    """`: write it without quotes` for a number that came as a text, else nothing."""
    if not isinstance(value, str):
        return ""
    try:
        is_number = math.isfinite(float(value))
    except ValueError:
        return ""
    return ": write it without quotes" if is_number else ""


def _rounded(value: float | Decimal, decimals: int) -> str:
    if isinstance(value, int) and not decimals:
        return str(value)
    if not math.isfinite(value):
        raise ValueError(f"no text for {value}")
    # repr keeps 2.675 what was typed; half up is what people expect of a figure.
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    text = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
    return text.removeprefix("-") if not text.strip("-0.") else text

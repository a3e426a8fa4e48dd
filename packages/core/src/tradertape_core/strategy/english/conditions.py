"""Conditions as English clauses, affirmed or negated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradertape_core.strategy.english.operands import Wording, amount, unit
from tradertape_core.strategy.language import rules

# op: (with a number, with another series, then both negated)
_VERBS: Mapping[str, tuple[str, str, str, str]] = {
    ">": ("is above", "is above", "is not above", "is not above"),
    ">=": ("is at least", "is at or above", "is below", "is below"),
    "<": ("is below", "is below", "is not below", "is not below"),
    "<=": ("is at most", "is at or below", "is above", "is above"),
    "==": ("is", "equals", "is not", "does not equal"),
    "!=": ("is not", "does not equal", "is", "equals"),
}
_FLIPPED: Mapping[str, rules.CompareOp] = {
    ">": "<",
    ">=": "<=",
    "<": ">",
    "<=": ">=",
    "==": "==",
    "!=": "!=",
}
# Said of days, shares and counts.
_COUNTED: Mapping[str, tuple[str, str]] = {
    ">": ("is more than", "is at most"),
    ">=": ("is at least", "is less than"),
    "<": ("is less than", "is at least"),
    "<=": ("is at most", "is more than"),
}
_AGAINST_ZERO: Mapping[str, tuple[str, str]] = {
    ">": ("is positive", "is not positive"),
    "<": ("is negative", "is not negative"),
}


def clause(node: rules.Condition, words: Wording, *, inner: bool = False) -> str:
    """The condition as a clause; joined ones inside others are in brackets."""
    match node:
        case rules.And() | rules.Or():
            return _joined(node, words, inner=inner)
        case rules.Count():
            listed = "; ".join(clause(each, words, inner=True) for each in node.conditions)
            text = f"at least {node.at_least} of these {len(node.conditions)} hold: {listed}"
            return f"({text})" if inner else text
        case rules.Not():
            return denial(node.condition, words, inner=inner)
        case rules.ForBars():
            held = clause(node.condition, words, inner=True)
            return held if node.bars == 1 else f"for {node.bars} days in a row {held}"
        case rules.Random():
            return f"the day's random draw picks the stock ({node.prob * 100:g}% chance)"
        case rules.Compare():
            return _comparison(node, words, denied=False)
        case rules.Cross():
            left, right = words.pair(node.left, node.right)
            return f"{left} crosses {node.direction} {right}"
        case rules.Between():
            return f"{words.noun(node.value)} is between {_bounds(node, words)}"
        case rules.In():
            return f"{words.noun(node.value)} is {_choices(node)}"


def denial(node: rules.Condition, words: Wording, *, inner: bool = False) -> str:
    """The clause that holds when the condition does not."""
    match node:
        case rules.Not():
            return clause(node.condition, words, inner=inner)
        case rules.Compare():
            return _comparison(node, words, denied=True)
        case rules.Cross():
            left, right = words.pair(node.left, node.right)
            return f"{left} does not cross {node.direction} {right}"
        case rules.Between():
            return f"{words.noun(node.value)} is not between {_bounds(node, words)}"
        case rules.In():
            return f"{words.noun(node.value)} is not {_choices(node)}"
        case rules.Random():
            chance = f"{node.prob * 100:g}% chance"
            return f"the day's random draw does not pick the stock ({chance})"
        case _:
            return f"it is not so that {clause(node, words, inner=True)}"


def listed(parts: Sequence[str], word: str) -> str:
    """ "a", "a and b", "a, b and c"; a comma before the word where a part has one of its own."""
    if len(parts) == 1:
        return parts[0]
    comma = "," if any(f" {word} " in part or "," in part for part in parts) else ""
    return f"{', '.join(parts[:-1])}{comma} {word} {parts[-1]}"


def _joined(node: rules.And | rules.Or, words: Wording, *, inner: bool) -> str:
    word = "and" if isinstance(node, rules.And) else "or"
    is_single = len(node.conditions) == 1
    parts = [clause(each, words, inner=inner or not is_single) for each in node.conditions]
    text = listed(parts, word)
    return f"({text})" if inner and not is_single else text


def _comparison(node: rules.Compare, words: Wording, *, denied: bool) -> str:
    left, op, right = node.left, node.op, node.right
    if isinstance(left, rules.Number) and not isinstance(right, rules.Number):
        left, op, right = right, _FLIPPED[op], left
    if (rising := _as_rising(left, op, right, words)) is not None:
        return rising[1 if denied else 0]
    if isinstance(right, rules.Number):
        return _against_number(left, op, right.value, words, denied=denied)
    if isinstance(right, rules.Param) and right.name in words.params:
        value = words.params[right.name]
        return f"{_against_number(left, op, value, words, denied=denied)} ({right.name})"
    verb = _VERBS[op][3 if denied else 1]
    subject, other = words.pair(left, right)
    return f"{subject} {verb} {other}"


def _as_rising(
    left: rules.Operand, op: str, right: rules.Operand, words: Wording
) -> tuple[str, str] | None:
    """The yes-or-no indicators compared with 1: "the close is above each of the 3 days before"."""
    is_yes = op == "==" and right == rules.Number(1.0)
    if not (is_yes and isinstance(left, rules.Indicator) and left.fn in ("rising", "falling")):
        return None
    side = "above" if left.fn == "rising" else "below"
    source = words.noun(rules.Indicator(fn=left.source, name=left.source, offset=left.offset))
    days = words.parameter(left.params[0][1])
    before = "the day before" if days == "1" else f"each of the {days} days before"
    return f"{source} is {side} {before}", f"{source} is not {side} {before}"


def _against_number(
    left: rules.Operand, op: str, value: float, words: Wording, *, denied: bool
) -> str:
    if isinstance(left, rules.PositionValue) and left.field == "pnl_pct" and value < 0:
        verb = _VERBS[_FLIPPED[op]][2 if denied else 0]
        return f"the loss {verb} {amount(-value, 'percent')}"
    kind = unit(left)
    if kind in ("days", "shares") and op in _COUNTED:
        return f"{words.noun(left)} {_COUNTED[op][1 if denied else 0]} {amount(value, kind)}"
    if value == 0 and op in _AGAINST_ZERO and kind == "percent":
        return f"{words.noun(left)} {_AGAINST_ZERO[op][1 if denied else 0]}"
    return f"{words.noun(left)} {_VERBS[op][2 if denied else 0]} {amount(value, kind)}"


def _bounds(node: rules.Between, words: Wording) -> str:
    kind = unit(node.value)
    low, high = (
        amount(side.value, kind) if isinstance(side, rules.Number) else words.noun(side)
        for side in (node.low, node.high)
    )
    return f"{low} and {high}"


def _choices(node: rules.In) -> str:
    kind = unit(node.value)
    return listed([amount(value, kind) for value in node.values], "or")

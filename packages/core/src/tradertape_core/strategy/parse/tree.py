"""Condition trees and operands of the strategy language, from JSON to `rules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from tradertape_core.strategy.language import rules
from tradertape_core.strategy.parse.indicator import read_indicator, read_param_name
from tradertape_core.strategy.parse.place import Fields, Place, hint

MAX_DEPTH = 12
MAX_NODES = 200
MAX_NUMBER = 1e12
MAX_BARS = 250

# What a tree may read: an entry knows no position yet, and the regime knows the index alone.
Scope = Literal["entry", "position", "market"]

COMPARE_OPS = get_args(rules.CompareOp)
ARITH_OPS = get_args(rules.ArithOp)
POSITION_FIELDS = get_args(rules.PositionField)

_NOTHING = rules.Number(0.0)
_NEVER = rules.And(())


@dataclass(slots=True)
class Tree:
    """The limits of one tree while it is read, and what its leaves may be."""

    root: Place
    params: Mapping[str, float]
    scope: Scope
    nodes: int = 0
    refused: set[str] = field(default_factory=set[str])
    stepping: int = 0  # inside cross or for_bars, which need the bars before

    def enter(self, depth: int) -> bool:
        """Count one more node; False once the tree is too large to be read further."""
        self.nodes += 1
        if depth > MAX_DEPTH:
            self._refuse(f"tree too deep: at most {MAX_DEPTH} levels are allowed")
        elif self.nodes > MAX_NODES:
            self._refuse(f"tree too large: at most {MAX_NODES} nodes are allowed")
        else:
            return True
        return False

    def _refuse(self, message: str) -> None:
        if message not in self.refused:
            self.refused.add(message)
            self.root.fail(message)


def read_condition(place: Place, params: Mapping[str, float], scope: Scope) -> rules.Condition:
    """Read a whole condition tree, limits included; problems are left with the place."""
    return _condition(place, Tree(place, params, scope), 1)


def read_operand(place: Place, params: Mapping[str, float], scope: Scope) -> rules.Operand:
    """Read one operand outside a tree: the input of a score, the price of an exit."""
    return _operand(place, Tree(place, params, scope), 1)


# --- conditions -----------------------------------------------------------------------------------


def _condition(place: Place, tree: Tree, depth: int) -> rules.Condition:
    if not tree.enter(depth):
        return _NEVER
    kind = _kind(place, tuple(_CONDITIONS), "condition", tuple(_OPERANDS))
    return _CONDITIONS[kind](place, tree, depth) if kind else _NEVER


def _kind(place: Place, kinds: tuple[str, ...], what: str, others: tuple[str, ...]) -> str:
    if place.members is None:
        place.fields(())
        return ""
    kind = place.members.get("type")
    if isinstance(kind, str) and kind in kinds:
        return kind
    if kind is None:
        place.fail(f'a {what} needs "type": one of {", ".join(kinds)}')
    elif isinstance(kind, str) and kind in others:
        other = "an operand" if what == "condition" else "a condition"
        place.at("type", kind).fail(f'"{kind}" is {other}; a {what} is needed here')
    else:
        close = hint(str(kind), kinds)
        place.at("type", kind).fail(f'unknown {what} "{kind}"{close} (known: {", ".join(kinds)})')
    return ""


def _children(fields: Fields, tree: Tree, depth: int) -> tuple[rules.Condition, ...]:
    found = fields.require("conditions", "a list of conditions")
    if found is None:
        return ()
    items = found.items(MAX_NODES, least=1)
    return tuple(_condition(item, tree, depth + 1) for item in items)


def _child(fields: Fields, tree: Tree, depth: int) -> rules.Condition:
    found = fields.require("condition", "the condition it is about")
    return _NEVER if found is None else _condition(found, tree, depth + 1)


def _side(fields: Fields, key: str, tree: Tree, depth: int) -> rules.Operand:
    found = fields.require(key, "an operand")
    return _NOTHING if found is None else _operand(found, tree, depth + 1)


def _and(place: Place, tree: Tree, depth: int) -> rules.Condition:
    return rules.And(_children(place.fields(("type", "conditions")), tree, depth))


def _or(place: Place, tree: Tree, depth: int) -> rules.Condition:
    return rules.Or(_children(place.fields(("type", "conditions")), tree, depth))


def _not(place: Place, tree: Tree, depth: int) -> rules.Condition:
    return rules.Not(_child(place.fields(("type", "condition")), tree, depth))


def _compare(place: Place, tree: Tree, depth: int) -> rules.Condition:
    fields = place.fields(("type", "left", "op", "right"))
    op = fields.require("op", f"one of {' '.join(COMPARE_OPS)}")
    return rules.Compare(
        left=_side(fields, "left", tree, depth),
        op=cast(rules.CompareOp, op.choice(COMPARE_OPS) if op else ">"),
        right=_side(fields, "right", tree, depth),
    )


def _cross(place: Place, tree: Tree, depth: int) -> rules.Condition:
    fields = place.fields(("type", "direction", "left", "right"))
    direction = fields.require("direction", "above or below")
    tree.stepping += 1
    node = rules.Cross(
        direction=cast(
            Literal["above", "below"],
            direction.choice(("above", "below")) if direction else "above",
        ),
        left=_side(fields, "left", tree, depth),
        right=_side(fields, "right", tree, depth),
    )
    tree.stepping -= 1
    return node


def _between(place: Place, tree: Tree, depth: int) -> rules.Condition:
    fields = place.fields(("type", "value", "low", "high"))
    low, high = _side(fields, "low", tree, depth), _side(fields, "high", tree, depth)
    if isinstance(low, rules.Number) and isinstance(high, rules.Number) and low.value > high.value:
        place.fail(f"low {low.value:g} is above high {high.value:g}: nothing lies between")
    return rules.Between(_side(fields, "value", tree, depth), low, high)


def _in(place: Place, tree: Tree, depth: int) -> rules.Condition:
    fields = place.fields(("type", "value", "values"))
    found = fields.require("values", "a list of numbers")
    items = [] if found is None else found.items(100, least=1)
    values = tuple(item.number(-MAX_NUMBER, MAX_NUMBER) for item in items)
    return rules.In(_side(fields, "value", tree, depth), values)


def _for_bars(place: Place, tree: Tree, depth: int) -> rules.Condition:
    fields = place.fields(("type", "bars", "condition"))
    bars = fields.require("bars", "how many candles in a row")
    tree.stepping += 1
    node = rules.ForBars(bars.integer(1, MAX_BARS) if bars else 1, _child(fields, tree, depth))
    tree.stepping -= 1
    return node


def _count(place: Place, tree: Tree, depth: int) -> rules.Condition:
    fields = place.fields(("type", "at_least", "conditions"))
    children = _children(fields, tree, depth)
    found = fields.require("at_least", "how many of the conditions must hold")
    at_least = found.integer(1, max(len(children), 1)) if found else 1
    return rules.Count(at_least, children)


def _random(place: Place, tree: Tree, _depth: int) -> rules.Condition:
    fields = place.fields(("type", "prob", "seed"))
    prob = fields.require("prob", "a probability from 0 to 1")
    if tree.scope == "market":
        place.fail("random draws for each stock: the regime filter looks at the index alone")
    return rules.Random(
        prob.number(0.0, 1.0) if prob else 0.0, fields.integer("seed", 0, 0, 2**31 - 1)
    )


# --- operands -------------------------------------------------------------------------------------


def _operand(place: Place, tree: Tree, depth: int) -> rules.Operand:
    if not tree.enter(depth):
        return _NOTHING
    if isinstance(place.value, (int, float)):  # a bare number is short for a literal
        return rules.Number(place.number(-MAX_NUMBER, MAX_NUMBER))
    kind = _kind(place, tuple(_OPERANDS), "operand", tuple(_CONDITIONS))
    return _OPERANDS[kind](place, tree, depth) if kind else _NOTHING


def _indicator(place: Place, tree: Tree, _depth: int) -> rules.Operand:
    if tree.scope == "market":
        place.fail('the regime filter looks at the index alone: use "type": "market"')
    return read_indicator(place, tree.params, of_index=False)


def _market(place: Place, tree: Tree, _depth: int) -> rules.Operand:
    return rules.Market(read_indicator(place, tree.params, of_index=True))


def _literal(place: Place, _tree: Tree, _depth: int) -> rules.Operand:
    found = place.fields(("type", "value")).require("value", "a number")
    return _NOTHING if found is None else rules.Number(found.number(-MAX_NUMBER, MAX_NUMBER))


def _param(place: Place, tree: Tree, _depth: int) -> rules.Operand:
    name = read_param_name(place, tree.params)
    return rules.Param(name) if name else _NOTHING


def _position(place: Place, tree: Tree, _depth: int) -> rules.Operand:
    fields = place.fields(("type", "field"))
    found = fields.require("field", "what to read of the position")
    if tree.scope != "position":
        place.fail("there is no position to read here: only exit and add-on rules have one")
    elif tree.stepping:
        place.fail("cross and for_bars look at earlier candles; the position has no history there")
    name = found.choice(POSITION_FIELDS) if found else "pnl_pct"
    return rules.PositionValue(cast(rules.PositionField, name))


def _arith(place: Place, tree: Tree, depth: int) -> rules.Operand:
    fields = place.fields(("type", "op", "left", "right"))
    op = fields.require("op", f"one of {' '.join(ARITH_OPS)}")
    return rules.Arith(
        op=cast(rules.ArithOp, op.choice(ARITH_OPS) if op else "+"),
        left=_side(fields, "left", tree, depth),
        right=_side(fields, "right", tree, depth),
    )


_CONDITIONS: Mapping[str, Callable[[Place, Tree, int], rules.Condition]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "compare": _compare,
    "cross": _cross,
    "between": _between,
    "in": _in,
    "for_bars": _for_bars,
    "count": _count,
    "random": _random,
}
_OPERANDS: Mapping[str, Callable[[Place, Tree, int], rules.Operand]] = {
    "indicator": _indicator,
    "literal": _literal,
    "param": _param,
    "position": _position,
    "market": _market,
    "arith": _arith,
}

"""Going through the trees of a strategy: what is in them, what they need."""

from __future__ import annotations

from collections.abc import Iterator

from tradertape_core.strategy.language import rules
from tradertape_indicators import CATALOGUE

Node = rules.Condition | rules.Operand

# A recursive average forgets its start by e^-1 for each period; after eight, 0.03 % is left.
_FORGETTING = 8


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one."""
    match node:
        case rules.And() | rules.Or() | rules.Count():
            return node.conditions
        case rules.Not() | rules.ForBars():
            return (node.condition,)
        case rules.Compare() | rules.Cross() | rules.Arith():
            return (node.left, node.right)
        case rules.Between():
            return (node.value, node.low, node.high)
        case rules.In():
            return (node.value,)
        case rules.Market():
            return (node.indicator,)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def reads_position(node: Node) -> bool:
    """Whether the node can only be decided for an open position."""
    return any(isinstance(each, rules.PositionValue) for each in walk(node))


def trees(strategy: rules.Strategy) -> Iterator[Node]:
    """Every tree and operand of the strategy, by block."""
    yield strategy.entry_rules
    if strategy.regime_filter is not None:
        yield strategy.regime_filter.condition
    for rule in strategy.exit_rules:
        yield from (rule.condition, rule.exit_price)
    if strategy.addon_rules.enabled and strategy.addon_rules.condition is not None:
        yield strategy.addon_rules.condition
    for score in strategy.conviction_scoring:
        yield score.condition if isinstance(score, rules.ScoreCondition) else score.input


def indicators(*nodes: Node) -> tuple[rules.Indicator, ...]:
    """The symbol's indicators that the nodes read, each once, in the order they appear."""
    found: dict[rules.Indicator, None] = {}
    for node in nodes:
        if isinstance(node, rules.Indicator):
            found[node] = None
        elif not isinstance(node, rules.Market):
            found.update(dict.fromkeys(indicators(*children(node))))
    return tuple(found)


def warm_up_bars(strategy: rules.Strategy) -> int:
    """How many candles before the first day a panel should hold for values that have settled.

    The longest of all trees, filters included; recursive averages (EMA, RSI, ATR…) get time to
    forget where they started.
    """
    needs = [_needed(node, strategy.params) for node in trees(strategy)]
    if strategy.filters.min_turnover_20d:
        needs.append(20)
    atr = strategy.stops.atr_stop_mult
    trailing = strategy.stops.trailing
    if atr or (trailing and trailing.trail_atr_mult):
        needs.append(14 * _FORGETTING)
    return max([*needs, strategy.filters.min_history_bars])


def _needed(node: Node, params: rules.Params) -> int:
    match node:
        case rules.Indicator():
            return node.offset + _settled(node, params)
        case rules.Cross():
            extra = 1
        case rules.ForBars():
            extra = node.bars - 1
        case _:
            extra = 0
    return extra + max((_needed(child, params) for child in children(node)), default=0)


def _settled(node: rules.Indicator, params: rules.Params) -> int:
    spec = CATALOGUE[node.fn]
    first = spec.warm_up(numbers(node, params), node.output)
    return first * _FORGETTING if spec.recursive else first


def numbers(node: rules.Indicator, params: rules.Params) -> dict[str, float]:
    """An indicator's parameters as numbers, declared ones filled in."""
    return {
        name: params[value.name] if isinstance(value, rules.Param) else value
        for name, value in node.params
    }

"""Decisions on a position at a close: the compiled conditions, exit rules and add-ons."""

from __future__ import annotations

import math

from tradertape_core.backtest.kernel import shapes as k
from tradertape_core.backtest.kernel.resting import floor_tick
from tradertape_core.backtest.kernel.shapes import Sim


def decide(sim: Sim, row: int, slot: int) -> None:
    """Choose the exit rule for the position, else whether to add to it."""
    whole = sim.book.whole
    whole[slot, k.EXIT_RULE] = -1
    whole[slot, k.ADDON] = 0
    rule = deciding_rule(sim, row, slot)
    if rule >= 0:
        whole[slot, k.EXIT_RULE] = rule
        sim.book.num[slot, k.LIMIT] = exit_level(sim, row, slot, rule)
    elif may_add(sim, row, slot):
        whole[slot, k.ADDON] = 1
        whole[slot, k.HALVED] = 0 if sim.signals.regime_ok[row] else 1


def deciding_rule(sim: Sim, row: int, slot: int) -> int:
    """Return the first exit rule, by priority, that holds; -1 for none."""
    whole = sim.book.whole
    held_long_enough = whole[slot, k.BARS] >= sim.rules.min_hold
    for rule in range(sim.program.rules):
        fired = whole[slot, k.FIRED] >> rule & 1
        may_fire = fired == 0 and (held_long_enough or sim.program.ignores_min_hold[rule])
        if may_fire and evaluate(sim, 2 * rule, row, slot) == 1.0:
            return rule
    return -1


def exit_level(sim: Sim, row: int, slot: int, rule: int) -> float:
    """Return the rule's price less the exit buffer: on the tick for a resting order, within the
    candle for a fill at the close."""
    symbol = sim.book.whole[slot, k.SYMBOL]
    price = evaluate(sim, 2 * rule + 1, row, slot)
    if price != price:
        price = sim.market.close[row, symbol]
    price = price * (1.0 - sim.rules.exit_buffer_pct / 100.0)
    if sim.rules.fill_model == k.CLOSE:
        return min(max(price, sim.market.low[row, symbol]), sim.market.high[row, symbol])
    return floor_tick(sim.market.tick_table[row], price)


def may_add(sim: Sim, row: int, slot: int) -> bool:
    """Whether an add-on is allowed: number, regime, bars and distance since the last purchase."""
    rules = sim.rules
    whole = sim.book.whole
    if whole[slot, k.ADDONS] >= rules.max_addons:
        return False
    if rules.regime_blocks and not sim.signals.regime_ok[row]:
        return False
    if whole[slot, k.BARS] - whole[slot, k.BARS_AT_BUY] < rules.addon_bars:
        return False
    close = sim.book.num[slot, k.LAST_CLOSE]
    if abs(close / sim.book.num[slot, k.LAST_BUY] - 1.0) * 100.0 < rules.addon_gap_pct:
        return False
    return evaluate(sim, 2 * sim.program.rules, row, slot) == 1.0


# --- the interpreter ------------------------------------------------------------------------------


def evaluate(sim: Sim, segment: int, row: int, slot: int) -> float:
    """Run one segment of the program; NaN is null."""
    program = sim.program
    stack = sim.book.stack
    top = -1
    symbol = sim.book.whole[slot, k.SYMBOL]
    for at in range(program.start[segment], program.start[segment + 1]):
        operation = program.code[at, 0]
        argument = program.code[at, 1]
        if operation <= k.OP_FIELD:
            top += 1
            stack[top] = leaf(sim, operation, argument, row, symbol, slot)
        elif operation == k.OP_NOT:
            stack[top] = 1.0 - stack[top]
        elif operation == k.OP_COUNT:
            top -= argument - 1
            stack[top] = counted(sim, top, argument, program.code[at, 2])
        elif operation == k.OP_BETWEEN:
            top -= 2
            stack[top] = between(stack[top], stack[top + 1], stack[top + 2])
        else:
            top -= 1
            stack[top] = binary(operation, stack[top], stack[top + 1])
    return stack[0]


def leaf(sim: Sim, operation: int, argument: int, row: int, symbol: int, slot: int) -> float:
    """The value of one operand of the program; NaN where it is unknown."""
    program = sim.program
    if operation == k.OP_MASK:
        truth = program.masks[argument, row, symbol]
        return math.nan if truth < 0 else float(truth)
    if operation == k.OP_VALUE:
        return program.values[argument, row, symbol]
    if operation == k.OP_CONST:
        return program.consts[argument]
    return field(sim, argument, slot)


def field(sim: Sim, name: int, slot: int) -> float:
    """Return a field of the position as of this close."""
    num = sim.book.num
    whole = sim.book.whole
    close = num[slot, k.LAST_CLOSE]
    value = num[slot, k.STOP]
    if name == k.F_BARS:
        value = float(whole[slot, k.BARS])
    elif name == k.F_AVG:
        value = num[slot, k.AVG]
    elif name == k.F_ENTRY:
        value = num[slot, k.ENTRY]
    elif name == k.F_QUANTITY:
        value = float(whole[slot, k.QUANTITY])
    elif name == k.F_PNL:
        value = (close / num[slot, k.AVG] - 1.0) * 100.0
    elif name == k.F_MAX_PNL:
        value = (num[slot, k.PEAK] / num[slot, k.AVG] - 1.0) * 100.0
    elif name == k.F_DRAWDOWN:
        value = (1.0 - close / num[slot, k.PEAK]) * 100.0
    elif name == k.F_ADDONS:
        value = float(whole[slot, k.ADDONS])
    elif name == k.F_BARS_SINCE_ADDON:
        value = float(whole[slot, k.BARS] - whole[slot, k.BARS_AT_BUY])
    elif name == k.F_ATR:
        value = num[slot, k.ATR]
    return value


def binary(operation: int, left: float, right: float) -> float:
    """Return the result of a two-sided operation; null if a side is, except of and, or."""
    if operation == k.OP_AND:
        if left == 0.0 or right == 0.0:
            return 0.0
        return left * right
    if operation == k.OP_OR:
        if left == 1.0 or right == 1.0:
            return 1.0
        return left + right
    if left != left or right != right:
        return math.nan
    if operation <= k.OP_DIV:
        return arithmetic(operation, left, right)
    return 1.0 if compare(operation, left, right) else 0.0


def arithmetic(operation: int, left: float, right: float) -> float:
    """Left and right combined by the operation; NaN for a division by zero."""
    if operation == k.OP_ADD:
        return left + right
    if operation == k.OP_SUB:
        return left - right
    if operation == k.OP_MUL:
        return left * right
    return left / right if right != 0.0 else math.nan


def compare(operation: int, left: float, right: float) -> bool:
    """Whether the comparison holds."""
    if operation == k.OP_GT:
        return left > right
    if operation == k.OP_GE:
        return left >= right
    if operation == k.OP_LT:
        return left < right
    if operation == k.OP_LE:
        return left <= right
    if operation == k.OP_EQ:
        return left == right
    return left != right


def between(value: float, low: float, high: float) -> float:
    """1.0 if low ≤ value ≤ high, else 0.0; NaN where one of them is unknown."""
    if value != value or low != low or high != high:
        return math.nan
    return 1.0 if low <= value <= high else 0.0


def counted(sim: Sim, first: int, length: int, at_least: int) -> float:
    """Return whether at least so many of the truths hold; null while a null could decide it."""
    stack = sim.book.stack
    holding = 0
    unknown = 0
    for i in range(first, first + length):
        if stack[i] == 1.0:
            holding += 1
        elif stack[i] != stack[i]:
            unknown += 1
    if holding >= at_least:
        return 1.0
    return math.nan if holding + unknown >= at_least else 0.0

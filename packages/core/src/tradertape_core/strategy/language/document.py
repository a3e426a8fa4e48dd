"""A strategy back to its JSON document: complete, canonical, the form that is stored."""

from __future__ import annotations

from tradertape_core.strategy.language import rules
from tradertape_indicators.catalogue import CATALOGUE

SCHEMA_VERSION = 1

Document = dict[str, object]


def to_document(strategy: rules.Strategy) -> Document:
    """The complete document: every block, every key; parsing it gives the strategy back."""
    return {
        "name": strategy.name,
        "description": strategy.description,
        "base_model": strategy.base_model,
        "schema_version": SCHEMA_VERSION,
        "timeframe": strategy.timeframe,
        "direction": strategy.direction,
        "tags": list(strategy.tags),
        "params": {spec.name: _param_spec(spec) for spec in strategy.param_specs},
        "filters": _filters(strategy.filters),
        "regime_filter": _regime(strategy.regime_filter),
        "entry_rules": condition_document(strategy.entry_rules),
        "entry": _entry(strategy.entry),
        "exit_rules": [_exit_rule(rule) for rule in strategy.exit_rules],
        "stops": _stops(strategy.stops),
        "addon_rules": _addons(strategy.addon_rules),
        "conviction_scoring": [_score(score) for score in strategy.conviction_scoring],
        "config": _config(strategy.config),
    }


def plain(value: float) -> float | int:
    """8.0 as 8: one written form of a number, whoever wrote it."""
    return int(value) if value == int(value) else value


def _plain(value: float | None) -> float | int | None:
    return None if value is None else plain(value)


# --- trees ----------------------------------------------------------------------------------------


def condition_document(node: rules.Condition) -> Document:
    """One condition as JSON."""
    match node:
        case rules.And() | rules.Or():
            kind = "and" if isinstance(node, rules.And) else "or"
            return {"type": kind, "conditions": [condition_document(c) for c in node.conditions]}
        case rules.Count():
            children = [condition_document(child) for child in node.conditions]
            return {"type": "count", "at_least": node.at_least, "conditions": children}
        case rules.Not():
            return {"type": "not", "condition": condition_document(node.condition)}
        case rules.ForBars():
            inner = condition_document(node.condition)
            return {"type": "for_bars", "bars": node.bars, "condition": inner}
        case rules.Random():
            return {"type": "random", "prob": plain(node.prob), "seed": node.seed}
        case _:
            return _comparison(node)


def _comparison(node: rules.Compare | rules.Cross | rules.Between | rules.In) -> Document:
    match node:
        case rules.Compare():
            left, right = operand_document(node.left), operand_document(node.right)
            return {"type": "compare", "left": left, "op": node.op, "right": right}
        case rules.Cross():
            left, right = operand_document(node.left), operand_document(node.right)
            return {"type": "cross", "direction": node.direction, "left": left, "right": right}
        case rules.Between():
            names = ("value", "low", "high")
            operands = (node.value, node.low, node.high)
            sides = {k: operand_document(v) for k, v in zip(names, operands, strict=True)}
            return {"type": "between", **sides}
        case rules.In():
            values = [plain(value) for value in node.values]
            return {"type": "in", "value": operand_document(node.value), "values": values}


def operand_document(operand: rules.Operand) -> Document:
    """One operand as JSON."""
    match operand:
        case rules.Indicator():
            return {"type": "indicator", **_indicator(operand)}
        case rules.Market():
            return {"type": "market", **_indicator(operand.indicator)}
        case rules.Number():
            return {"type": "literal", "value": plain(operand.value)}
        case rules.Param():
            return {"type": "param", "name": operand.name}
        case rules.PositionValue():
            return {"type": "position", "field": operand.field}
        case rules.Arith():
            left, right = operand_document(operand.left), operand_document(operand.right)
            return {"type": "arith", "op": operand.op, "left": left, "right": right}


def _indicator(node: rules.Indicator) -> Document:
    document: Document = {"name": node.name} if node.name else _long_form(node)
    return {**document, "offset": node.offset} if node.offset else document


def _long_form(node: rules.Indicator) -> Document:
    params: Document = {}
    for name, value in node.params:
        is_param = isinstance(value, rules.Param)
        params[name] = operand_document(value) if is_param else plain(value)
    document: Document = {"fn": node.fn, "params": params}
    if "source" in CATALOGUE[node.fn].inputs:
        document["source"] = node.source
    return {**document, "output": node.output} if node.output else document


# --- blocks ---------------------------------------------------------------------------------------


def _param_spec(spec: rules.ParamSpec) -> Document:
    return {
        "default": plain(spec.default),
        "min": _plain(spec.minimum),
        "max": _plain(spec.maximum),
        "step": _plain(spec.step),
        "title": spec.title,
    }


def _filters(filters: rules.Filters) -> Document:
    return {
        "min_price": _plain(filters.min_price),
        "max_price": _plain(filters.max_price),
        "min_turnover_20d": _plain(filters.min_turnover_20d),
        "min_history_bars": filters.min_history_bars,
        "exclude_symbols": list(filters.exclude_symbols),
        "include_sectors": list(filters.include_sectors),
        "exclude_sectors": list(filters.exclude_sectors),
        "exclude_surveillance": filters.exclude_surveillance,
        "exclude_result_days": filters.exclude_result_days,
    }


def _regime(regime: rules.RegimeFilter | None) -> Document | None:
    if regime is None:
        return None
    return {
        "index": f"NSE:{regime.index}",
        "condition": condition_document(regime.condition),
        "when_false": regime.when_false,
    }


def _entry(entry: rules.EntryPlan) -> Document:
    return {
        "order": entry.order,
        "buffer_pct": plain(entry.buffer_pct),
        "buffer_side": entry.buffer_side,
        "limit_offset_pct": plain(entry.limit_offset_pct),
        "valid_days": entry.valid_days,
        "cooldown_days": entry.cooldown_days,
    }


def _exit_rule(rule: rules.ExitRule) -> Document:
    return {
        "name": rule.name,
        "priority": rule.priority,
        "ignore_min_hold": rule.ignore_min_hold,
        "condition": condition_document(rule.condition),
        "exit_price": operand_document(rule.exit_price),
        "size_pct": plain(rule.size_pct),
    }


def _stops(stops: rules.Stops) -> Document:
    trailing = stops.trailing
    return {
        "stop_loss_pct": _plain(stops.stop_loss_pct),
        "atr_stop_mult": _plain(stops.atr_stop_mult),
        "target_pct": _plain(stops.target_pct),
        "target_r": _plain(stops.target_r),
        "trailing": trailing
        and {
            "activate_pct": plain(trailing.activate_pct),
            "trail_pct": _plain(trailing.trail_pct),
            "trail_atr_mult": _plain(trailing.trail_atr_mult),
        },
        "breakeven_at_pct": _plain(stops.breakeven_at_pct),
        "gap_down_exit_pct": _plain(stops.gap_down_exit_pct),
        "time_exit_days": stops.time_exit_days,
    }


def _addons(addons: rules.AddonRules) -> Document:
    return {
        "enabled": addons.enabled,
        "condition": condition_document(addons.condition) if addons.condition else None,
        "max_addons": addons.max_addons,
        "size_pct_of_initial": plain(addons.size_pct_of_initial),
        "min_gap_pct": plain(addons.min_gap_pct),
        "min_bars_between": addons.min_bars_between,
    }


def _score(score: rules.Score) -> Document:
    match score:
        case rules.ScoreBands():
            bands = [_band(band) for band in score.bands]
            operand = operand_document(score.input)
            return {"name": score.name, "type": "bands", "input": operand, "bands": bands}
        case rules.ScoreCondition():
            condition = condition_document(score.condition)
            points = plain(score.points)
            return {
                "name": score.name,
                "type": "condition",
                "condition": condition,
                "points": points,
            }
        case rules.ScoreLinear():
            return {
                "name": score.name,
                "type": "linear",
                "input": operand_document(score.input),
                "from": plain(score.start),
                "to": plain(score.end),
                "points": plain(score.points),
            }


def _band(band: rules.Band) -> Document:
    bounds = {"gte": band.gte, "lt": band.lt}
    written: Document = {key: plain(value) for key, value in bounds.items() if value is not None}
    return {**written, "points": plain(band.points)}


def _config(config: rules.HoldConfig) -> Document:
    return {
        "min_hold": config.min_hold,
        "max_hold": config.max_hold,
        "atr_stop_mult": plain(config.atr_stop_mult),
        "exit_buffer_pct": plain(config.exit_buffer_pct),
        "min_conviction": plain(config.min_conviction),
        "conviction_base": plain(config.conviction_base),
    }

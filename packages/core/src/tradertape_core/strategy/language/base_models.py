"""The five strategies that come with the product: complete documents, to run and to fork.

They are data like any user's strategy, and not editable: a fork is. V0 and V1 are published
models; V2 to V4 are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Json = dict[str, object]


def _indicator(name: str, offset: int = 0) -> Json:
    node: Json = {"type": "indicator", "name": name}
    return {**node, "offset": offset} if offset else node


def _operand(value: str | float | Json) -> Json:
    if isinstance(value, str):
        return _indicator(value)
    return value if isinstance(value, dict) else {"type": "literal", "value": value}


def _is(left: str | Json, op: str, right: str | float | Json) -> Json:
    return {"type": "compare", "left": _operand(left), "op": op, "right": _operand(right)}


def _between(value: str, low: float, high: float) -> Json:
    bounds: Json = {"low": _operand(low), "high": _operand(high)}
    return {"type": "between", "value": _operand(value), **bounds}


def _all(*conditions: Json) -> Json:
    return {"type": "and", "conditions": list(conditions)}


def _position(field: str) -> Json:
    return {"type": "position", "field": field}


def _market(name: str) -> Json:
    return {"type": "market", "name": name}


def _exit(name: str, priority: int, condition: Json) -> Json:
    return {
        "name": name,
        "priority": priority,
        "ignore_min_hold": False,
        "condition": condition,
        "exit_price": _indicator("close"),
        "size_pct": 100,
    }


def _filters(min_turnover: float | None = None) -> Json:
    return {
        "min_price": None,
        "max_price": None,
        "min_turnover_20d": min_turnover,
        "min_history_bars": 0,
        "exclude_symbols": [],
        "include_sectors": [],
        "exclude_sectors": [],
        "exclude_surveillance": False,
        "exclude_result_days": 0,
    }


def _entry(order: str = "gtt", cooldown_days: int = 0) -> Json:
    return {
        "order": order,
        "buffer_pct": 0.5,
        "buffer_side": "auto",
        "limit_offset_pct": 0.3,
        "valid_days": 5,
        "cooldown_days": cooldown_days,
    }


def _stops(**given: object) -> Json:
    off: Json = {
        "stop_loss_pct": None,
        "atr_stop_mult": None,
        "target_pct": None,
        "target_r": None,
        "trailing": None,
        "breakeven_at_pct": None,
        "gap_down_exit_pct": None,
        "time_exit_days": None,
    }
    return {**off, **given}


def _config(min_hold: int, atr_stop_mult: float = 0, max_hold: int | None = None) -> Json:
    return {
        "min_hold": min_hold,
        "max_hold": max_hold,
        "atr_stop_mult": atr_stop_mult,
        "exit_buffer_pct": 0,
        "min_conviction": 0,
        "conviction_base": 50,
    }


def _addons(condition: Json | None = None, max_addons: int = 2, min_gap_pct: float = 0) -> Json:
    return {
        "enabled": condition is not None,
        "condition": condition,
        "max_addons": max_addons,
        "size_pct_of_initial": 100,
        "min_gap_pct": min_gap_pct,
        "min_bars_between": 3 if condition else 1,
    }


def _linear(name: str, operand: str, start: float, end: float, points: float) -> Json:
    line: Json = {"from": start, "to": end, "points": points}
    return {"name": name, "type": "linear", "input": _indicator(operand), **line}


def _points(name: str, condition: Json, points: float) -> Json:
    return {"name": name, "type": "condition", "condition": condition, "points": points}


def _model(name: str, base_model: str, description: str, tags: list[str], **blocks: object) -> Json:
    head: Json = {
        "name": name,
        "description": description,
        "base_model": base_model,
        "schema_version": 1,
        "timeframe": "day",
        "direction": "long",
        "tags": tags,
    }
    neutral: Json = {
        "params": {},
        "filters": _filters(),
        "regime_filter": None,
        "entry_rules": None,
        "entry": _entry(),
        "exit_rules": [],
        "stops": _stops(),
        "addon_rules": _addons(),
        "conviction_scoring": [],
    }
    return {**head, **neutral, **blocks}


_DART_MONKEY = _model(
    "Dart Monkey",
    "v0_dart_monkey",
    "Buys at random: each stock has a 5 % chance each day. It is the yardstick. A strategy that "
    "does not beat the monkey on the same stocks and dates has shown luck, not skill.",
    ["yardstick"],
    entry_rules={"type": "random", "prob": 0.05, "seed": 0},
    exit_rules=[
        _exit("rsi_overbought", 0, _is("rsi14", ">", 70)),
        _exit(
            "below_average",
            1,
            _all(_is("close", "<", "sma20"), _is(_position("total_bars_held"), ">=", 3)),
        ),
    ],
    config=_config(0),
)

_MOMENTUM = _model(
    "Momentum",
    "v1_momentum",
    "Buys stocks above their 20-day average that are not yet overbought, holds for at least ten "
    "days, and leaves when they overheat or fall back under the average.",
    ["momentum", "swing"],
    entry_rules=_all(_is("close", ">", "sma20"), _is("rsi14", "<=", 70)),
    exit_rules=[
        _exit("rsi_overbought", 0, _is("rsi14", ">", 70)),
        _exit(
            "below_average",
            1,
            _all(_is("close", "<", "sma20"), _is(_position("total_bars_held"), ">", 2)),
        ),
    ],
    conviction_scoring=[
        _linear("month_gain", "ret_20d", 0, 15, 25),
        _points("long_trend", _is("sma50", ">", "sma200"), 15),
        _points("busy_volume", _is("vol_ratio_20", ">=", 1.5), 10),
    ],
    config=_config(10),
)

_BREAKOUT = _model(
    "Breakout",
    "v2_breakout",
    "Buys a close above the highest price of the 20 days before, on heavy volume, in stocks that "
    "trend up and do not swing too wildly. A trailing stop follows once the trade is ahead.",
    ["breakout", "swing"],
    entry_rules=_all(
        _is("close", ">", _indicator("high_20d", 1)),
        _is("vol_ratio_20", ">=", 1.5),
        _is("close", ">", "sma50"),
        _is("atr_pct", "<=", 6),
    ),
    entry=_entry(cooldown_days=3),
    exit_rules=[_exit("below_average", 0, _is("close", "<", "sma20"))],
    stops=_stops(
        atr_stop_mult=2.5, trailing={"activate_pct": 6, "trail_pct": 8, "trail_atr_mult": None}
    ),
    conviction_scoring=[
        _linear("volume", "vol_ratio_20", 1.5, 4, 25),
        _linear("near_year_high", "drawdown_52w_pct", 15, 0, 15),
        _points("long_trend", _is("sma50", ">", "sma200"), 10),
    ],
    config=_config(3, atr_stop_mult=2.5),
)

_DIP_BUYER = _model(
    "Dip Buyer",
    "v3_dip_buyer",
    "Buys liquid stocks in a long-term uptrend after a fall of 5 to 18 % from their 20-day high, "
    "adds on further weakness, and sells the bounce.",
    ["mean reversion", "swing"],
    filters=_filters(min_turnover=50_000_000),
    entry_rules=_all(
        _is("close", ">", "sma200"),
        _between("drawdown_20d_pct", 5, 18),
        _is("rsi14", "<", 40),
    ),
    entry=_entry(cooldown_days=3),
    exit_rules=[
        _exit("rsi_recovered", 0, _is("rsi14", ">", 60)),
        _exit(
            "back_at_average",
            1,
            _all(_is("close", ">=", "sma20"), _is(_position("pnl_pct"), ">=", 3)),
        ),
    ],
    stops=_stops(atr_stop_mult=3, time_exit_days=30),
    addon_rules=_addons(
        _all(_is(_position("pnl_pct"), "<=", -5), _is("rsi14", "<", 35)), min_gap_pct=4
    ),
    conviction_scoring=[
        {
            "name": "rsi_band",
            "type": "bands",
            "input": _indicator("rsi14"),
            "bands": [{"lt": 30, "points": 20}, {"gte": 30, "lt": 35, "points": 10}],
        },
        _linear("depth", "drawdown_20d_pct", 5, 15, 20),
        _points("rising_trend", _is("sma50", ">", "sma200"), 10),
    ],
    config=_config(2, atr_stop_mult=3, max_hold=30),
)

_ALPHA = _model(
    "Alpha",
    "v4_alpha",
    "Buys the market's leaders, the strongest fifth over 60 days, on a week of weakness while the "
    "NIFTY 50 is above its 200-day average, and sells when they stop leading.",
    ["relative strength", "swing"],
    regime_filter={
        "index": "NSE:NIFTY 50",
        "condition": _is(_market("close"), ">", _market("sma200")),
        "when_false": "block_entries",
    },
    entry_rules=_all(
        _is("rs_rank_60", ">=", 80), _is("close", ">", "sma50"), _is("ret_5d", "<", 0)
    ),
    entry=_entry(cooldown_days=3),
    exit_rules=[
        _exit("no_longer_leading", 0, _is("rs_rank_60", "<", 50)),
        _exit("below_average", 1, _is("close", "<", "sma50")),
    ],
    stops=_stops(atr_stop_mult=2.5, target_pct=15),
    addon_rules=_addons(
        _all(_is(_position("pnl_pct"), ">=", 5), _is("ret_5d", "<", 0)), max_addons=1, min_gap_pct=4
    ),
    conviction_scoring=[
        _linear("leadership", "rs_rank_60", 80, 100, 30),
        _linear("calm", "atr_pct", 5, 2, 20),
    ],
    config=_config(5, atr_stop_mult=2.5),
)

BASE_MODELS: Mapping[str, Json] = MappingProxyType(
    {
        "v0_dart_monkey": _DART_MONKEY,
        "v1_momentum": _MOMENTUM,
        "v2_breakout": _BREAKOUT,
        "v3_dip_buyer": _DIP_BUYER,
        "v4_alpha": _ALPHA,
    }
)

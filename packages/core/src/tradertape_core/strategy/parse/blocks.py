"""The blocks of a strategy beside its trees, from JSON to `rules`.

An absent key of a block that is written reads as "off" or the neutral value here, so that a
written block means what it says; whole absent blocks come from the base model (`document`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from tradertape_core.strategy.language import rules
from tradertape_core.strategy.parse.place import Fields, Place
from tradertape_core.strategy.parse.tree import MAX_NUMBER, Scope, read_condition, read_operand

MAX_RULES = 50
_MONEY = 1e15
_SYMBOL = re.compile(r"^[A-Z0-9][A-Z0-9&_.-]*$")
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

FILTER_KEYS = (
    "min_price",
    "max_price",
    "min_turnover_20d",
    "min_history_bars",
    "exclude_symbols",
    "include_sectors",
    "exclude_sectors",
    "exclude_surveillance",
    "exclude_result_days",
)
ENTRY_KEYS = (
    "order",
    "buffer_pct",
    "buffer_side",
    "limit_offset_pct",
    "valid_days",
    "cooldown_days",
)
EXIT_KEYS = ("name", "priority", "ignore_min_hold", "condition", "exit_price", "size_pct")
STOP_KEYS = (
    "stop_loss_pct",
    "atr_stop_mult",
    "target_pct",
    "target_r",
    "trailing",
    "breakeven_at_pct",
    "gap_down_exit_pct",
    "time_exit_days",
)
ADDON_KEYS = (
    "enabled",
    "condition",
    "max_addons",
    "size_pct_of_initial",
    "min_gap_pct",
    "min_bars_between",
)
CONFIG_KEYS = (
    "min_hold",
    "max_hold",
    "atr_stop_mult",
    "exit_buffer_pct",
    "min_conviction",
    "conviction_base",
)

Params = Mapping[str, float]


def read_params(place: Place | None) -> tuple[rules.ParamSpec, ...]:
    """Read `params`; problems are recorded at their place."""
    if place is None:
        return ()
    if place.members is None:
        place.fail("must be an object of parameter names")
        return ()
    names = [str(name) for name in place.members]
    if len(names) > MAX_RULES:
        place.fail(f"must have at most {MAX_RULES} parameters, has {len(names)}")
    fields = place.fields(names)
    return tuple(_param_spec(name, fields) for name in names[:MAX_RULES])


def _param_spec(name: str, fields: Fields) -> rules.ParamSpec:
    place = fields.place.at(name, fields.members[name])
    if not _NAME.match(name) or len(name) > 40:
        place.fail("a parameter's name is a lower-case word such as dip_pct")
    if place.members is None:  # a bare number is short for its default
        return rules.ParamSpec(name, place.number(-MAX_NUMBER, MAX_NUMBER))
    inner = place.fields(("default", "min", "max", "step", "title"))
    default = inner.require("default", "its value")
    value = default.number(-MAX_NUMBER, MAX_NUMBER) if default else 0.0
    low = inner.optional("min", -MAX_NUMBER, MAX_NUMBER)
    high = inner.optional("max", -MAX_NUMBER, MAX_NUMBER)
    if (low is not None and value < low) or (high is not None and value > high):
        place.at("default", value).fail(f"{value:g} lies outside its own min and max")
    title = inner.get("title")
    return rules.ParamSpec(
        name=name,
        default=value,
        minimum=low,
        maximum=high,
        step=inner.optional("step", 1e-9, MAX_NUMBER),
        title=title.text(120) if title else "",
    )


def read_filters(place: Place | None) -> rules.Filters:
    """Read `filters`; without the block nothing is filtered."""
    if place is None:
        return rules.Filters()
    fields = place.fields(FILTER_KEYS)
    low, high = fields.switch("min_price", 0, MAX_NUMBER), fields.switch("max_price", 0, MAX_NUMBER)
    if low and high and low > high:
        place.fail(f"min_price {low:g} is above max_price {high:g}: no stock can pass")
    return rules.Filters(
        min_price=low,
        max_price=high,
        min_turnover_20d=fields.switch("min_turnover_20d", 0, _MONEY),
        min_history_bars=fields.integer("min_history_bars", 0, 0, 2_000),
        exclude_symbols=_symbols(fields),
        include_sectors=fields.texts("include_sectors", 100, 80),
        exclude_sectors=fields.texts("exclude_sectors", 100, 80),
        exclude_surveillance=fields.flag("exclude_surveillance", default=False),
        exclude_result_days=fields.integer("exclude_result_days", 0, 0, 30),
    )


def _symbols(fields: Fields) -> tuple[str, ...]:
    read: list[str] = []
    for i, text in enumerate(fields.texts("exclude_symbols", 1_000, 40)):
        symbol = text.upper().removeprefix("NSE:")
        if not _SYMBOL.match(symbol):
            fields.place.at("exclude_symbols", None).at(i, None).fail(f'"{text}" is no NSE symbol')
        read.append(symbol)
    return tuple(dict.fromkeys(read))


def read_regime(place: Place | None, params: Params) -> rules.RegimeFilter | None:
    """Read `regime_filter`; None without one."""
    if place is None:
        return None
    fields = place.fields(("index", "condition", "when_false"))
    index = fields.get("index")
    condition = fields.require("condition", "a condition on market values")
    if condition is None:
        return None
    when_false = fields.choice("when_false", "block_entries", ("block_entries", "halve_size"))
    return rules.RegimeFilter(
        index=index.text(60, shortest=1).removeprefix("NSE:") if index else rules.MARKET_INDEX,
        condition=read_condition(condition, params, "market"),
        when_false=cast(Literal["block_entries", "halve_size"], when_false),
    )


def read_entry(place: Place | None) -> rules.EntryPlan:
    """Read `entry`; without the block the defaults."""
    if place is None:
        return rules.EntryPlan()
    fields = place.fields(ENTRY_KEYS)
    neutral = rules.EntryPlan()
    order = fields.choice("order", neutral.order, ("gtt", "market", "limit"))
    side = fields.choice("buffer_side", neutral.buffer_side, ("auto", "above", "below"))
    return rules.EntryPlan(
        order=cast(Literal["gtt", "market", "limit"], order),
        buffer_pct=fields.number("buffer_pct", neutral.buffer_pct, 0, 50),
        buffer_side=cast(Literal["auto", "above", "below"], side),
        limit_offset_pct=fields.number("limit_offset_pct", neutral.limit_offset_pct, 0, 20),
        valid_days=fields.integer("valid_days", neutral.valid_days, 1, 365),
        cooldown_days=fields.integer("cooldown_days", neutral.cooldown_days, 0, 365),
    )


def read_exits(place: Place | None, params: Params) -> tuple[rules.ExitRule, ...]:
    """The exit rules in the order they are tried: by priority, equal ones as written."""
    if place is None:
        return ()
    places = place.items(MAX_RULES)
    read = [_exit_rule(item, i, params) for i, item in enumerate(places)]
    _refuse_twins(places, [rule.name for rule in read])
    return tuple(sorted(read, key=lambda rule: rule.priority))


def _exit_rule(place: Place, number: int, params: Params) -> rules.ExitRule:
    fields = place.fields(EXIT_KEYS)
    condition = fields.require("condition", "when to exit")
    price = fields.get("exit_price")
    close = rules.Indicator(fn="close", name="close")
    return rules.ExitRule(
        name=_name(fields, f"exit_{number + 1}"),
        priority=fields.integer("priority", number, 0, 1_000),
        condition=_condition(condition, params, "position"),
        ignore_min_hold=fields.flag("ignore_min_hold", default=False),
        exit_price=read_operand(price, params, "position") if price else close,
        size_pct=fields.number("size_pct", 100.0, 1, 100),
    )


def _condition(place: Place | None, params: Params, scope: Scope) -> rules.Condition:
    return read_condition(place, params, scope) if place else rules.And(())


def _name(fields: Fields, default: str) -> str:
    found = fields.get("name")
    return found.text(60, shortest=1) if found else default


def _refuse_twins(places: Sequence[Place], names: Sequence[str]) -> None:
    for i, name in enumerate(names):
        if name and name in names[:i]:
            places[i].at("name", name).fail(
                f'"{name}" is used twice: results are identified by name'
            )


def read_stops(place: Place | None) -> rules.Stops:
    """Read `stops`; without the block there are none."""
    if place is None:
        return rules.Stops()
    fields = place.fields(STOP_KEYS)
    days = fields.get("time_exit_days")
    return rules.Stops(
        stop_loss_pct=fields.switch("stop_loss_pct", 0, 99),
        atr_stop_mult=fields.switch("atr_stop_mult", 0, 50),
        target_pct=fields.switch("target_pct", 0, 10_000),
        target_r=fields.switch("target_r", 0, 1_000),
        trailing=_trailing(fields.get("trailing")),
        breakeven_at_pct=fields.switch("breakeven_at_pct", 0, 1_000),
        gap_down_exit_pct=fields.switch("gap_down_exit_pct", 0, 99),
        time_exit_days=(days.integer(0, 5_000) or None) if days else None,
    )


def _trailing(place: Place | None) -> rules.Trailing | None:
    if place is None:
        return None
    fields = place.fields(("activate_pct", "trail_pct", "trail_atr_mult"))
    trailing = rules.Trailing(
        activate_pct=fields.number("activate_pct", 0.0, 0, 1_000),
        trail_pct=fields.switch("trail_pct", 0, 99),
        trail_atr_mult=fields.switch("trail_atr_mult", 0, 50),
    )
    if trailing.trail_pct is None and trailing.trail_atr_mult is None:
        place.fail('needs "trail_pct" or "trail_atr_mult": how far the stop follows behind')
    return trailing


def read_addons(place: Place | None, params: Params) -> rules.AddonRules:
    """Read `addon_rules`; without the block they are off."""
    if place is None:
        return rules.AddonRules()
    fields = place.fields(ADDON_KEYS)
    neutral = rules.AddonRules()
    enabled = fields.flag("enabled", default=False)
    condition = fields.get("condition")
    if enabled and condition is None:
        place.fail('needs "condition": when to add (or "enabled": false)')
    return rules.AddonRules(
        enabled=enabled,
        condition=read_condition(condition, params, "position") if condition else None,
        max_addons=fields.integer("max_addons", neutral.max_addons, 1, 20),
        size_pct_of_initial=fields.number("size_pct_of_initial", 100.0, 1, 1_000),
        min_gap_pct=fields.number("min_gap_pct", neutral.min_gap_pct, 0, 99),
        min_bars_between=fields.integer("min_bars_between", neutral.min_bars_between, 0, 250),
    )


def read_scores(place: Place | None, params: Params) -> tuple[rules.Score, ...]:
    """Read `conviction_scoring`; two scores of one name are a problem."""
    if place is None:
        return ()
    places = place.items(MAX_RULES)
    read = [_score(item, i, params) for i, item in enumerate(places)]
    _refuse_twins(places, [score.name for score in read])
    return tuple(read)


_SCORE_KEYS = {
    "bands": ("name", "type", "input", "bands"),
    "condition": ("name", "type", "condition", "points"),
    "linear": ("name", "type", "input", "from", "to", "points"),
}


def _score(place: Place, number: int, params: Params) -> rules.Score:
    kind = place.at("type", (place.members or {}).get("type")).choice(tuple(_SCORE_KEYS))
    fields = place.fields(_SCORE_KEYS[kind])
    name = _name(fields, f"score_{number + 1}")
    if kind == "condition":
        condition = fields.require("condition", "what earns the points")
        return rules.ScoreCondition(name, _condition(condition, params, "entry"), _points(fields))
    found = fields.require("input", "the operand that is scored")
    operand = read_operand(found, params, "entry") if found else rules.Number(0.0)
    if kind == "bands":
        bands = fields.require("bands", "a list of bands")
        items = bands.items(MAX_RULES, least=1) if bands else []
        return rules.ScoreBands(name, operand, tuple(_band(item) for item in items))
    start, end = (_required(fields, key) for key in ("from", "to"))
    if start == end and not place.problems.found:
        place.fail("from and to are equal: the line needs a width")
    return rules.ScoreLinear(name, operand, start, end, _points(fields))


def _required(fields: Fields, key: str) -> float:
    found = fields.require(key, "a number")
    return found.number(-MAX_NUMBER, MAX_NUMBER) if found else 0.0


def _points(fields: Fields) -> float:
    found = fields.require("points", "how many points it is worth, -100 to 100")
    return found.number(-100, 100) if found else 0.0


def _band(place: Place) -> rules.Band:
    fields = place.fields(("gte", "lt", "points"))
    band = rules.Band(
        points=_points(fields),
        gte=fields.optional("gte", -MAX_NUMBER, MAX_NUMBER),
        lt=fields.optional("lt", -MAX_NUMBER, MAX_NUMBER),
    )
    if band.gte is not None and band.lt is not None and band.gte >= band.lt:
        place.fail(f"gte {band.gte:g} is not below lt {band.lt:g}: the band is empty")
    return band


def read_config(place: Place | None) -> rules.HoldConfig:
    """Read `config`; without the block the defaults."""
    if place is None:
        return rules.HoldConfig()
    fields = place.fields(CONFIG_KEYS)
    most = fields.get("max_hold")
    return rules.HoldConfig(
        min_hold=fields.integer("min_hold", 0, 0, 1_000),
        max_hold=(most.integer(0, 5_000) or None) if most else None,
        atr_stop_mult=fields.number("atr_stop_mult", 0.0, 0, 50),
        exit_buffer_pct=fields.number("exit_buffer_pct", 0.0, 0, 20),
        min_conviction=fields.number("min_conviction", 0.0, 0, 100),
        conviction_base=fields.number("conviction_base", 50.0, 0, 100),
    )

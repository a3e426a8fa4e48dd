"""The blocks of a strategy as sentences."""

from __future__ import annotations

from collections.abc import Sequence

from tradertape_core.kernel.format import inr_short
from tradertape_core.strategy.english.conditions import clause, listed
from tradertape_core.strategy.english.operands import Wording, amount, number, unit
from tradertape_core.strategy.language import rules
from tradertape_core.strategy.language.entry_price import buffer_side

Sentences = tuple[str, ...]

# The fill model `auto` of a backtest, in words: see docs/fills.md.
_FILLS = {
    "market": "at the open",
    "limit": "when its limit is touched",
    "gtt": "when its trigger is touched",
}
_CLOSE = rules.Indicator(fn="close", name="close")


def buying(strategy: rules.Strategy, words: Wording) -> Sentences:
    """The entry rule."""
    return (f"Buy when {clause(strategy.entry_rules, words)}.",)


def filters(block: rules.Filters) -> Sentences:
    """The filters, one sentence each."""
    sentences: list[str] = []
    if block.min_price is not None:
        sentences.append(f"Only stocks that close at {amount(block.min_price, 'rupees')} or more.")
    if block.max_price is not None:
        sentences.append(f"Only stocks that close at {amount(block.max_price, 'rupees')} or less.")
    if block.min_turnover_20d is not None:
        worth = inr_short(block.min_turnover_20d).replace(".00", "")
        sentences.append(f"Only stocks with a 20-day average turnover of {worth} or more.")
    if block.min_history_bars:
        sentences.append(f"Only stocks with at least {block.min_history_bars} days of history.")
    if block.include_sectors:
        sentences.append(f"Only the sectors {listed(block.include_sectors, 'and')}.")
    if block.exclude_sectors:
        sentences.append(f"Never the sectors {listed(block.exclude_sectors, 'and')}.")
    if block.exclude_symbols:
        sentences.append(f"Never {listed(block.exclude_symbols, 'or')}.")
    if block.exclude_surveillance:
        sentences.append("Never stocks on the exchange's surveillance lists.")
    if block.exclude_result_days:
        days = amount(block.exclude_result_days, "days")
        sentences.append(f"No purchase within {days} of a company's results.")
    return tuple(sentences)


def regime(block: rules.RegimeFilter | None, words: Wording) -> Sentences:
    """The regime filter; nothing without one."""
    if block is None:
        return ()
    condition = clause(block.condition, words)
    if block.when_false == "halve_size":
        return (f"Buy at half size unless {condition}. Exits always run.",)
    return (f"Buy only while {condition}. Exits always run.",)


def order(strategy: rules.Strategy) -> Sentences:
    """How a signal becomes an order, and until when the order is valid."""
    entry = strategy.entry
    offset = f"{number(entry.limit_offset_pct)}%"
    if entry.order == "market":
        placed = "Bought at the market on the next trading day."
    elif entry.order == "limit":
        placed = f"A limit order up to {offset} above the signal's close."
    else:
        side = buffer_side(strategy)
        placed = (
            f"A trigger order is active {number(entry.buffer_pct)}% {side} the signal's close for "
            f"{_trading_days(entry.valid_days)}; it pays up to {offset} above its trigger."
        )
    filled = f"In a backtest it fills {_FILLS[entry.order]}."
    if not entry.cooldown_days:
        return (placed, filled)
    pause = _trading_days(entry.cooldown_days)
    return (placed, filled, f"After an exit the stock is not bought again for {pause}.")


def selling(strategy: rules.Strategy, words: Wording) -> Sentences:
    """The exit rules, and how long they are held back."""
    sentences = [_exit(rule, strategy.config, words) for rule in strategy.exit_rules]
    if any(not rule.ignore_min_hold for rule in strategy.exit_rules) and strategy.config.min_hold:
        held = amount(strategy.config.min_hold, "days")
        sentences.append(f"These rules wait until the position has been held for {held}.")
    if strategy.config.exit_buffer_pct:
        buffer = number(strategy.config.exit_buffer_pct)
        sentences.append(f"Sell orders are priced {buffer}% lower, so that they fill.")
    return tuple(sentences)


def _exit(rule: rules.ExitRule, config: rules.HoldConfig, words: Wording) -> str:
    part = "" if rule.size_pct == 100 else f"{number(rule.size_pct)}% of the position "
    early = ", however short the time held" if rule.ignore_min_hold and config.min_hold else ""
    price = "" if rule.exit_price == _CLOSE else f", at {words.noun(rule.exit_price)}"
    return f"Sell {part}when {clause(rule.condition, words)}{early}{price}."


def protection(stops: rules.Stops) -> Sentences:
    """Stops, targets, trailing and time exit."""
    sentences = [*_fixed_stops(stops), *_targets(stops)]
    if stops.trailing is not None:
        sentences.append(_trailing(stops.trailing))
    if stops.breakeven_at_pct is not None:
        ahead = number(stops.breakeven_at_pct)
        sentences.append(f"Once {ahead}% ahead, the stop moves up to the entry price.")
    if stops.gap_down_exit_pct is not None:
        gap = number(stops.gap_down_exit_pct)
        sentences.append(f"An open {gap}% or more below the close before is sold at once.")
    if stops.time_exit_days is not None:
        sentences.append(f"Exit after {_trading_days(stops.time_exit_days)}, whatever happened.")
    return tuple(sentences) or ("No stop and no target: only the exit rules sell.",)


def _fixed_stops(stops: rules.Stops) -> list[str]:
    levels: list[str] = []
    if stops.stop_loss_pct is not None:
        levels.append(f"{number(stops.stop_loss_pct)}%")
    if stops.atr_stop_mult is not None:
        levels.append(f"{number(stops.atr_stop_mult)} × ATR(14)")
    if not levels:
        return []
    both = ", whichever is tighter" if len(levels) == 2 else ""
    return [f"A stop {' or '.join(levels)} below the entry price{both}."]


def _targets(stops: rules.Stops) -> list[str]:
    sentences: list[str] = []
    if stops.target_pct is not None:
        sentences.append(f"Take the profit {number(stops.target_pct)}% above the entry price.")
    if stops.target_r is not None:
        sentences.append(f"Take the profit at {number(stops.target_r)} times the initial risk.")
    return sentences


def _trailing(trailing: rules.Trailing) -> str:
    by: list[str] = []
    if trailing.trail_pct is not None:
        by.append(f"{number(trailing.trail_pct)}%")
    if trailing.trail_atr_mult is not None:
        by.append(f"{number(trailing.trail_atr_mult)} × ATR(14)")
    once = f"Once {number(trailing.activate_pct)}% ahead, a" if trailing.activate_pct else "A"
    tighter = ", whichever is tighter" if len(by) == 2 else ""
    return f"{once} trailing stop follows {' or '.join(by)} below the highest price{tighter}."


def adding(addons: rules.AddonRules, words: Wording) -> Sentences:
    """The add-on rule; nothing if it is off."""
    if not addons.enabled or addons.condition is None:
        return ()
    times = "once" if addons.max_addons == 1 else f"up to {addons.max_addons} times"
    size = number(addons.size_pct_of_initial)
    much = "as much again as" if size == "100" else f"{size}% of"
    when = clause(addons.condition, words)
    sentences = [f"Add {much} the first purchase, {times}, when {when}."]
    apart: list[str] = []
    if addons.min_bars_between > 1:
        apart.append(f"{amount(addons.min_bars_between, 'days')} after")
    if addons.min_gap_pct:
        apart.append(f"{number(addons.min_gap_pct)}% away in price from")
    if apart:
        sentences.append(f"Each at least {listed(apart, 'and')} the last purchase.")
    return tuple(sentences)


def conviction(strategy: rules.Strategy, words: Wording) -> Sentences:
    """The scores of a signal, and the order in which signals are bought."""
    config = strategy.config
    base = number(config.conviction_base)
    sentences = (
        [f"Every signal starts with {base} of 100 points."] if strategy.conviction_scoring else []
    )
    sentences += [_score(score, words) for score in strategy.conviction_scoring]
    if strategy.conviction_scoring:
        sentences.append("The highest conviction is bought first; ties go to the larger turnover.")
    else:
        sentences.append("All signals rank alike; the larger turnover is bought first.")
    if config.min_conviction:
        sentences.append(f"Signals below {number(config.min_conviction)} points are ignored.")
    return tuple(sentences)


def _score(score: rules.Score, words: Wording) -> str:
    if isinstance(score, rules.ScoreCondition):
        return f"{_points(score.points)} when {clause(score.condition, words)}."
    kind = unit(score.input)
    noun = words.noun(score.input)
    if isinstance(score, rules.ScoreLinear):
        start, end = amount(score.start, kind), amount(score.end, kind)
        return f"Up to {_points(score.points)} as {noun} goes from {start} to {end}."
    parts = [f"{_points(band.points)} {_band(band, kind)}" for band in score.bands]
    return f"For {noun}: {', '.join(parts)}."


def _band(band: rules.Band, kind: str) -> str:
    low = None if band.gte is None else amount(band.gte, kind)
    high = None if band.lt is None else amount(band.lt, kind)
    if low is not None and high is not None:
        return f"from {low} to below {high}"
    if low is not None:
        return f"from {low} up"
    return f"below {high}" if high is not None else "always"


def _points(points: float) -> str:
    signed = f"{number(points)}" if points < 0 else f"+{number(points)}"
    return f"{signed} point" if abs(points) == 1 else f"{signed} points"


def parameters(specs: Sequence[rules.ParamSpec]) -> Sentences:
    """The parameters with their values and ranges."""
    return tuple(_parameter(spec) for spec in specs)


def _parameter(spec: rules.ParamSpec) -> str:
    title = f" ({spec.title})" if spec.title else ""
    low, high = spec.minimum, spec.maximum
    span = (
        "" if low is None or high is None else f", to be tried from {number(low)} to {number(high)}"
    )
    return f"{spec.name}{title} is {number(spec.default)}{span}."


def _trading_days(days: int) -> str:
    return "1 trading day" if days == 1 else f"{days} trading days"

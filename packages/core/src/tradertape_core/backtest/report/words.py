"""The texts of a report: exit and skip reasons for people, the fill rule of every fill."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tradertape_core.backtest.config import (
    BacktestConfig,
    ExitReason,
    FillModel,
    SkipReason,
    fill_model,
)
from tradertape_core.strategy.language.rules import Strategy

EXIT_LABELS: Mapping[ExitReason, str] = MappingProxyType(
    {
        ExitReason.OPEN: "Still open",
        ExitReason.STOP_GAP: "Gap below stop",
        ExitReason.TARGET_GAP: "Gap above target",
        ExitReason.GAP_DOWN: "Gap-down rule",
        ExitReason.EXIT_RULE: "Exit rule",
        ExitReason.TIME: "Time exit",
        ExitReason.STOP: "Stop",
        ExitReason.TRAILING: "Trailing stop",
        ExitReason.BREAKEVEN: "Break-even stop",
        ExitReason.TARGET: "Target",
        ExitReason.DELISTED: "Trading ceased",
    }
)

_EXIT_SENTENCES: Mapping[ExitReason, str] = MappingProxyType(
    {
        ExitReason.OPEN: "Held at the end of the test, valued at the last close.",
        ExitReason.STOP_GAP: "Opened at or below the stop, sold at the open.",
        ExitReason.TARGET_GAP: "Opened at or above the target, sold at the open.",
        ExitReason.GAP_DOWN: "Opened lower than the gap-down rule allows, sold at the open.",
        ExitReason.TIME: "Held for as many bars as the strategy allows.",
        ExitReason.STOP: "Fell to the stop during the day.",
        ExitReason.TRAILING: "Fell back to the trailing stop.",
        ExitReason.BREAKEVEN: "Fell back to the break-even stop.",
        ExitReason.TARGET: "Reached the target during the day.",
        ExitReason.DELISTED: "The stock stopped trading, closed at its last price.",
    }
)

SKIP_LABELS: Mapping[SkipReason, str] = MappingProxyType(
    {
        SkipReason.MAX_POSITIONS: "maximum open positions reached",
        SkipReason.SECTOR_CAP: "maximum positions in the sector reached",
        SkipReason.NO_CAPITAL: "not enough cash",
        SkipReason.COOLDOWN: "cooling down after an exit in the same stock",
        SkipReason.ALREADY_OPEN: "the stock was already held",
        SkipReason.NO_BAR: "the stock did not trade on the day of the fill",
        SkipReason.REGIME: "the regime filter blocked entries",
        SkipReason.MIN_CONVICTION: "conviction below the minimum",
        SkipReason.NOT_TRIGGERED: "the price never reached the trigger",
        SkipReason.LESS_THAN_ONE_SHARE: "the budget buys less than one share",
        SkipReason.NO_VOLUME: "nothing was traded on the day of the fill",
        SkipReason.CIRCUIT: "the stock was locked at its upper circuit",
        SkipReason.LIQUIDITY: "the volume limit allowed less than one share",
        SkipReason.NO_ATR: "the stop or the size is in ATRs, not known yet",
    }
)


def exit_code(reason: int) -> str:
    """The reason as the report has it, such as "stop_gap"."""
    return ExitReason(reason).name.lower()


def skip_code(reason: int) -> str:
    """The reason as the report has it, such as "sector_cap"."""
    return SkipReason(reason).name.lower()


def exit_label(strategy: Strategy, reason: int, rule: int) -> str:
    """A short name for tables; exit rules go by their own: "Back at average"."""
    if reason == ExitReason.EXIT_RULE and 0 <= rule < len(strategy.exit_rules):
        name = strategy.exit_rules[rule].name.replace("_", " ").strip()
        return name[:1].upper() + name[1:]
    return EXIT_LABELS[ExitReason(reason)]


def exit_sentence(strategy: Strategy, reason: int, rule: int, rule_phrase: str) -> str:
    """Why the trade was closed, as a sentence; `rule_phrase` is the exit rule in words."""
    if reason != ExitReason.EXIT_RULE:
        return _EXIT_SENTENCES[ExitReason(reason)]
    name = exit_label(strategy, reason, rule)
    return f"{name}: {rule_phrase}." if rule_phrase else f"{name}: the rule was met at the close."


def entry_fill_rule(strategy: Strategy, config: BacktestConfig) -> FillModel:
    """Which model of docs/fills.md made the entry price; a market order has no trigger to touch."""
    model = fill_model(config, strategy)
    if model == "gtt_touch" and strategy.entry.order == "market":
        return "next_open"
    return model


def exit_fill_rule(config: BacktestConfig, reason: int) -> str:
    """Which rule of docs/fills.md made the exit price: a model, or the level that was met."""
    if reason == ExitReason.OPEN:
        return "marked_at_close"
    if reason == ExitReason.EXIT_RULE:
        return config.fill_model
    if reason == ExitReason.TIME:
        return "close" if config.fill_model == "close" else "next_open"
    return exit_code(reason)

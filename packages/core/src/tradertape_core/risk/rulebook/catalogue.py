"""The catalogue of rule types: parameters and defaults, actions, when each is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.risk.rulebook import parameters as p
from tradertape_core.risk.rulebook.figures import Need
from tradertape_core.risk.rulebook.parameters import Kind, Parameter
from tradertape_core.risk.rulebook.rule import Action, Level, RuleType, Scope

_T = RuleType
_N = Need


class When(StrEnum):
    """When a rule is evaluated, besides on request."""

    PRE_TRADE = "pre_trade"
    CONTINUOUS = "continuous"
    DAILY = "daily"
    ON_CLOSE = "on_close"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKind:
    """A type of rules as people choose it. needs: the facts it is judged on."""

    type: RuleType
    label: str
    text: str
    parameters: tuple[Parameter, ...] = ()
    action: Action = Action.REJECT
    when: tuple[When, ...] = (When.PRE_TRADE,)
    needs: frozenset[Need] = frozenset()

    @property
    def is_watched(self) -> bool:
        """Whether it is evaluated without an order too, and its action then taken."""
        return self.when != (When.PRE_TRADE,)


_CAPITAL = p.amount(
    "capital", "Capital", note="What percentages are of; empty: the equity of the accounts."
)
_WATCHED = (When.PRE_TRADE, When.CONTINUOUS)
_OF_A_DAY = (When.PRE_TRADE, When.DAILY)


def _loss(kind: RuleType, label: str, span: str, part: float, when: tuple[When, ...]) -> RuleKind:
    return RuleKind(
        type=kind,
        label=label,
        text=f"Stops new positions once the loss of {span} passes the limit, until it is over.",
        parameters=(
            p.amount("amount", "Largest loss", note="Instead of the percentage."),
            p.pct("pct", "Largest loss, % of capital", part),
            Parameter("include_unrealised", "Count open positions", Kind.FLAG, default=True),
            _CAPITAL,
        ),
        action=Action.HALT_ENTRIES,
        when=when,
        needs=frozenset({_N.PNL, _N.HISTORY, _N.CAPITAL}),
    )


_KINDS = (
    _loss(_T.DAILY_LOSS, "Daily loss limit", "the day", 2, _WATCHED),
    _loss(_T.WEEKLY_LOSS, "Weekly loss limit", "the week", 5, _OF_A_DAY),
    _loss(_T.MONTHLY_LOSS, "Monthly loss limit", "the month", 8, _OF_A_DAY),
    RuleKind(
        type=_T.DRAWDOWN_KILL,
        label="Drawdown stop",
        text="Turns the kill switch on once the equity is this far below its peak.",
        parameters=(p.pct("pct", "Largest drawdown from the peak", 15), _CAPITAL),
        action=Action.KILL,
        when=_WATCHED,
        needs=frozenset({_N.CAPITAL, _N.PNL, _N.HISTORY}),
    ),
    RuleKind(
        type=_T.DAILY_PROFIT_LOCK,
        label="Daily profit lock",
        text="Once the day's profit has reached a level, it may not fall back below a floor.",
        parameters=(
            Parameter("arm_at", "Armed at a profit of", Kind.AMOUNT, 10_000, 0.01, 1e12),
            p.amount("floor", "Profit to keep"),
            p.amount("trail", "Largest fall from the day's best"),
        ),
        action=Action.HALT_ENTRIES,
        when=_WATCHED,
        needs=frozenset({_N.PNL, _N.HISTORY}),
    ),
    RuleKind(
        type=_T.MAX_POSITIONS,
        label="Open positions",
        text="Limits the number of open positions; adding to one is not counted.",
        parameters=(p.count("n", "Most positions", 10),),
        needs=frozenset({_N.HOLDINGS}),
    ),
    RuleKind(
        type=_T.MAX_PER_SECTOR,
        label="Positions in one sector",
        text="Limits the number of open positions in one sector.",
        parameters=(p.count("n", "Most positions", 2),),
        needs=frozenset({_N.HOLDINGS, _N.SECTOR}),
    ),
    RuleKind(
        type=_T.SECTOR_CAP,
        label="Sector cap",
        text="Limits what is in one sector.",
        parameters=(p.pct("pct", "Largest share, % of capital", 25), _CAPITAL),
        needs=frozenset({_N.HOLDINGS, _N.SECTOR, _N.CAPITAL}),
    ),
    RuleKind(
        type=_T.MAX_PER_SYMBOL,
        label="One symbol",
        text="Limits what is in one instrument.",
        parameters=(p.pct("pct", "Largest share, % of capital", 15), _CAPITAL),
        needs=frozenset({_N.HOLDINGS, _N.CAPITAL}),
    ),
    RuleKind(
        type=_T.EXPOSURE_CAP,
        label="Exposure cap",
        text="Limits what is in the market, long and short added up.",
        parameters=(p.pct("pct", "Largest exposure, % of capital", 100, high=2000), _CAPITAL),
        needs=frozenset({_N.HOLDINGS, _N.CAPITAL}),
    ),
    RuleKind(
        type=_T.CASH_BUFFER,
        label="Cash buffer",
        text="Keeps a part of the capital free.",
        parameters=(p.pct("pct", "Least free, % of capital", 5), _CAPITAL),
        needs=frozenset({_N.CAPITAL}),
    ),
    RuleKind(
        type=_T.PER_TRADE_RISK,
        label="Risk of one trade",
        text="Limits the loss of one trade at its stop; without a stop its whole value counts.",
        parameters=(p.pct("pct", "Largest risk, % of capital", 1), _CAPITAL),
        needs=frozenset({_N.CAPITAL}),
    ),
    RuleKind(
        type=_T.MAX_ORDER_VALUE,
        label="Order value",
        text="Limits the value of one order.",
        parameters=(p.amount("amount", "Largest value", 200_000),),
    ),
    RuleKind(
        type=_T.MAX_ORDERS_PER_DAY,
        label="Orders a day",
        text="Limits the number of orders of a day.",
        parameters=(p.count("n", "Most orders", 50),),
        needs=frozenset({_N.ORDERS}),
    ),
    RuleKind(
        type=_T.MAX_TRADES_PER_DAY,
        label="Trades a day",
        text="Limits the number of orders of a day that were executed.",
        parameters=(p.count("n", "Most trades", 20),),
        needs=frozenset({_N.ORDERS}),
    ),
    RuleKind(
        type=_T.MAX_ORDERS_PER_SECOND,
        label="Orders a second",
        text="Limits the orders of one second; more may need a registration of the algorithm.",
        parameters=(p.count("n", "Most orders", 8, high=1000),),
        needs=frozenset({_N.ORDERS}),
    ),
    RuleKind(
        type=_T.LOSS_STREAK_COOLDOWN,
        label="Pause after losses",
        text="Stops new positions for some days after trades in a row that lost.",
        parameters=(p.count("n", "Losing trades in a row", 3, high=100),
                    p.count("pause_days", "Days of pause", 1, high=90)),
        action=Action.HALT_ENTRIES,
        when=(When.PRE_TRADE, When.ON_CLOSE),
        needs=frozenset({_N.STREAK}),
    ),
    RuleKind(
        type=_T.SYMBOL_BLACKLIST,
        label="Blocked symbols",
        text="Refuses new positions in these instruments.",
        parameters=(Parameter("symbols", "Symbols", Kind.SYMBOLS),),
    ),
    RuleKind(
        type=_T.SYMBOL_WHITELIST,
        label="Allowed symbols",
        text="Refuses new positions in all other instruments.",
        parameters=(Parameter("symbols", "Symbols", Kind.SYMBOLS),),
    ),
    RuleKind(
        type=_T.SURVEILLANCE_BLOCK,
        label="Surveillance",
        text="Refuses instruments under surveillance, or that settle trade for trade.",
        parameters=(
            Parameter("lists", "Lists", Kind.CHOICES, ("ASM", "GSM", "T2T"),
                      choices=("ASM", "GSM", "T2T")),
        ),
        needs=frozenset({_N.SURVEILLANCE}),
    ),
    RuleKind(
        type=_T.MIN_LIQUIDITY,
        label="Liquidity",
        text="Refuses what is traded too little for the order, by the average day of a month.",
        parameters=(
            p.amount("turnover", "Least turnover of a day"),
            p.pct("max_pct_of_adv", "Largest order, % of a day's turnover", 1),
        ),
        needs=frozenset({_N.LIQUIDITY}),
    ),
    RuleKind(
        type=_T.PRICE_BAND,
        label="Price band",
        text="Refuses a price far from the last one: probably a typing error.",
        parameters=(
            p.pct("pct", "Largest distance from the last price", 5),
            p.pct("option_pct", "The same of options", 40, high=1000),
        ),
    ),
    RuleKind(
        type=_T.TIME_WINDOW,
        label="Time window",
        text="Allows new positions between two times (India) on some days of the week.",
        parameters=(
            Parameter("start", "From", Kind.CLOCK_TIME, "09:20"),
            Parameter("end", "To", Kind.CLOCK_TIME, "15:15"),
            Parameter("days", "Days", Kind.CHOICES, p.WEEKDAYS[:5], choices=p.WEEKDAYS),
        ),
    ),
    RuleKind(
        type=_T.CORRELATION_CAP,
        label="Correlation",
        text="Looks for holdings that move with the new one (daily returns of six months).",
        parameters=(
            Parameter("rho", "Correlation above", Kind.RATIO, 0.8, 0.01, 1),
            p.count("n", "With more than … holdings", 0, low=0, high=1000),
        ),
        action=Action.WARN,
        needs=frozenset({_N.HOLDINGS, _N.CORRELATION}),
    ),
    RuleKind(
        type=_T.STALE_DATA,
        label="Stale data",
        text="Stops new positions while prices of what is held or ordered are old.",
        parameters=(Parameter("seconds", "Oldest price", Kind.SECONDS, 30, 1, 86_400),),
        action=Action.HALT_ENTRIES,
        when=_WATCHED,
        needs=frozenset({_N.DATA_AGE}),
    ),
    RuleKind(
        type=_T.DUPLICATE_GUARD,
        label="Duplicates",
        text="Refuses the same side of the same instrument again within some seconds.",
        parameters=(Parameter("seconds", "Seconds", Kind.SECONDS, 60, 1, 86_400),),
        needs=frozenset({_N.ORDERS}),
    ),
)  # fmt: skip

CATALOGUE: Final[Mapping[RuleType, RuleKind]] = {one.type: one for one in _KINDS}


def read_params(rule_type: RuleType, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a rule's parameters. Raises InvalidDocument naming all problems."""
    values = p.read(CATALOGUE[rule_type].parameters, document)
    problems = list(_against(rule_type, values))
    if problems:
        raise InvalidDocument(problems)
    return values


def written_params(rule_type: RuleType, document: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's parameters with defaults written out, as they are stored."""
    return p.written(CATALOGUE[rule_type].parameters, document)


def check_scope(scope: Scope, action: Action) -> None:
    """Raise InvalidDocument where scope and action do not fit together."""
    problems: list[Problem] = []
    if scope.level is Level.USER and scope.id:
        problems.append(Problem("/scope/id", "must be left out for the level user"))
    if scope.level is not Level.USER and not scope.id:
        problems.append(Problem("/scope/id", f"must name a {scope.level}"))
    if action is Action.PAUSE_PORTFOLIO and scope.level is not Level.PORTFOLIO:
        problems.append(Problem("/action", "pause_portfolio needs a scope of level portfolio"))
    if problems:
        raise InvalidDocument(problems)


def _against(rule_type: RuleType, values: Mapping[str, Any]) -> list[Problem]:
    match rule_type:
        case _T.SYMBOL_BLACKLIST | _T.SYMBOL_WHITELIST if values["symbols"] is None:
            return [Problem("/params/symbols", "must name at least one symbol")]
        case _T.DAILY_PROFIT_LOCK if values["floor"] is None and values["trail"] is None:
            return [Problem("/params/floor", "give the profit to keep, or trail, or both")]
        case _T.DAILY_PROFIT_LOCK if (values["floor"] or 0) >= values["arm_at"]:
            return [Problem("/params/floor", "must be below arm_at")]
        case _T.TIME_WINDOW if values["start"] >= values["end"]:
            return [Problem("/params/end", "must be after start")]
        case _:
            return []

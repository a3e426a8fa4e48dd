"""The rule catalogue (D5): every type passes, comes near, is broken, and says so in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradertape_core.kernel.errors import InvalidDocument
from tradertape_core.orders.order import Side
from tradertape_core.risk.rulebook.catalogue import (
    CATALOGUE,
    check_scope,
    read_params,
    written_params,
)
from tradertape_core.risk.rulebook.evaluation import (
    Status,
    judge_entry,
    judge_moment,
    latch_of,
)
from tradertape_core.risk.rulebook.figures import Entry, Figures, Held
from tradertape_core.risk.rulebook.rule import (
    STRICTNESS,
    Action,
    Level,
    Owner,
    Rule,
    RuleType,
    Scope,
)

T, S = RuleType, Status
NOW = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)  # Monday 10:00 in India
LAKH = 100_000_00  # paise
OWNER = Owner(broker="paper", strategy="momentum", portfolio="7")


def rule(kind: RuleType, action: Action | None = None, **params: Any) -> Rule:
    return Rule(
        id=1,
        name=CATALOGUE[kind].label,
        type=kind,
        params=read_params(kind, params),
        action=action or CATALOGUE[kind].action,
    )


def figures(**facts: Any) -> Figures:
    return Figures(**{"now": NOW, "capital": 10 * LAKH, "cash": 10 * LAKH, **facts})


def entry(**facts: Any) -> Entry:
    base: dict[str, Any] = {
        "instrument": "NSE:INFY",
        "side": Side.BUY,
        "quantity": 10,
        "price": Decimal(1000),
        "value": 10_000_00,
        "added": 10_000_00,
        "last_price": Decimal(1000),
        "tick_age_s": 1.0,
    }
    return Entry(**{**base, **facts})


def held(**paise: int) -> dict[str, Held]:
    return {f"NSE:{name}": Held(value, "IT") for name, value in paise.items()}


def positions(count: int) -> dict[str, Held]:
    return held(**{f"S{n}": 1000 for n in range(count)})


# kind, params, facts of the scope and of the order: within, near, broken; and the words.
CASES: list[tuple[RuleType, dict[str, Any], list[tuple[dict[str, Any], dict[str, Any]]], str]] = [
    (
        T.DAILY_LOSS, {"amount": 20_000},
        [({"day_pnl": -10_000_00}, {}), ({"day_pnl": -16_000_00}, {}),
         ({"day_pnl": -21_340_00}, {})],
        "today's loss ₹21,340 is over the limit ₹20,000",
    ),
    (
        T.WEEKLY_LOSS, {},
        [({"week_pnl": -10_000_00}, {}), ({"week_pnl": -45_000_00}, {}),
         ({"week_pnl": -50_001_00}, {})],
        "this week's loss ₹50,001 is over the limit ₹50,000",
    ),
    (
        T.MONTHLY_LOSS, {},
        [({"month_pnl": 5}, {}), ({"month_pnl": -70_000_00}, {}), ({"month_pnl": -80_000_00}, {})],
        "this month's loss ₹80,000 has reached the limit ₹80,000",
    ),
    (
        T.DRAWDOWN_KILL, {},
        [({"fall": 0}, {}), ({"fall": 150_000_00}, {}), ({"fall": 200_000_00}, {})],
        "the drawdown from the peak 16.67% is over the limit 15%",
    ),
    (
        T.DAILY_PROFIT_LOCK, {"arm_at": 10_000, "floor": 5_000},
        [({"day_pnl": 9_000_00}, {}), ({"day_peak": 10_000_00, "day_pnl": 5_500_00}, {}),
         ({"day_peak": 10_000_00, "day_pnl": 4_000_00}, {})],
        "today's profit ₹4,000 is below the floor ₹5,000",
    ),
    (
        T.MAX_POSITIONS, {},
        [({"holdings": positions(3)}, {}), ({"holdings": positions(8)}, {}),
         ({"holdings": positions(10)}, {})],
        "the number of open positions 11 is over the limit 10",
    ),
    (
        T.MAX_PER_SECTOR, {"n": 5},
        [({}, {"sector": "IT"}), ({"holdings": positions(3)}, {"sector": "IT"}),
         ({"holdings": positions(5)}, {"sector": "IT"})],
        "the number of open positions in IT 6 is over the limit 5",
    ),
    (
        T.SECTOR_CAP, {},
        [({}, {"sector": "IT"}), ({"holdings": held(TCS=200_000_00)}, {"sector": "IT"}),
         ({"holdings": held(TCS=250_000_00)}, {"sector": "IT"})],
        "the share of IT 26% is over the limit 25%",
    ),
    (
        T.MAX_PER_SYMBOL, {},
        [({}, {}), ({"holdings": held(INFY=120_000_00)}, {}),
         ({"holdings": held(INFY=150_000_00)}, {})],
        "the share of NSE:INFY 16% is over the limit 15%",
    ),
    (
        T.EXPOSURE_CAP, {},
        [({}, {}), ({"holdings": held(TCS=800_000_00)}, {}),
         ({"holdings": held(TCS=1_000_000_00)}, {})],
        "the exposure 101% is over the limit 100%",
    ),
    (
        T.CASH_BUFFER, {},
        [({}, {}), ({"cash": 70_000_00}, {}), ({"cash": 50_000_00}, {})],
        "the free cash 4% is below the minimum 5%",
    ),
    (
        T.PER_TRADE_RISK, {},
        [({}, {"stop": Decimal(990)}), ({}, {"stop": Decimal(100)}),
         ({}, {"stop": Decimal(800), "quantity": 100})],
        "the risk with the stop at 800.00 2% is over the limit 1%",
    ),
    (
        T.MAX_ORDER_VALUE, {},
        [({}, {}), ({}, {"value": 160_000_00}), ({}, {"value": 200_001_00})],
        "the order's value ₹2,00,001 is over the limit ₹2,00,000",
    ),
    (
        T.MAX_ORDERS_PER_DAY, {},
        [({}, {}), ({"orders": 45}, {}), ({"orders": 50}, {})],
        "the number of orders today 51 is over the limit 50",
    ),
    (
        T.MAX_TRADES_PER_DAY, {},
        [({}, {}), ({"trades": 16}, {}), ({"trades": 20}, {})],
        "the number of trades today 21 is over the limit 20",
    ),
    (
        T.MAX_ORDERS_PER_SECOND, {},
        [({}, {}), ({"second_orders": 6}, {}), ({"second_orders": 8}, {})],
        "the number of orders in a second 9 is over the limit 8",
    ),
    (
        T.LOSS_STREAK_COOLDOWN, {"n": 5},
        [({"losing_streak": 1}, {}), ({"losing_streak": 4}, {}), ({"losing_streak": 5}, {})],
        "the number of losing trades in a row 5 has reached the limit 5",
    ),
    (
        T.SYMBOL_BLACKLIST, {"symbols": ["YESBANK"]},
        [({}, {}), ({}, {"instrument": "NSE:YESBANK"})],
        "NSE:YESBANK is on the list of blocked symbols",
    ),
    (
        T.SYMBOL_WHITELIST, {"symbols": ["NSE:INFY"]},
        [({}, {}), ({}, {"instrument": "BSE:INFY"})],
        "BSE:INFY is not on the list of allowed symbols",
    ),
    (
        T.SURVEILLANCE_BLOCK, {},
        [({}, {}), ({}, {"listed": "T2T"})],
        "NSE:INFY is listed as T2T",
    ),
    (
        T.MIN_LIQUIDITY, {},
        [({}, {"average_turnover": 100 * LAKH}), ({}, {"average_turnover": 12 * LAKH}),
         ({}, {"average_turnover": 5 * LAKH})],
        "the order's share of a day's turnover 2% is over the limit 1%",
    ),
    (
        T.PRICE_BAND, {},
        [({}, {"limits": {"price": Decimal(1010)}}), ({}, {"limits": {"price": Decimal(1045)}}),
         ({}, {"limits": {"price": Decimal(1060)}})],
        "the distance of price 1,060.00 from the last price 1,000.00, 6% is over the limit 5%",
    ),
    (
        T.TIME_WINDOW, {},
        [({}, {}), ({"now": datetime(2026, 1, 5, 3, 40, tzinfo=UTC)}, {})],
        "mon 09:10 (India) is outside the window 09:20 to 15:15 on mon, tue, wed, thu, fri",
    ),
    (
        T.CORRELATION_CAP, {"n": 1},
        [({}, {"correlated": (("NSE:TCS", 0.5),)}), ({}, {"correlated": (("NSE:TCS", 0.9),)}),
         ({}, {"correlated": (("NSE:TCS", 0.9), ("NSE:WIPRO", 0.81))})],
        "the correlation is above 0.8 with 2 holdings: NSE:TCS, NSE:WIPRO; the limit is 1",
    ),
    (
        T.STALE_DATA, {},
        [({"data_age_s": 3.0}, {}), ({"data_age_s": 27.0}, {}), ({"data_age_s": 45.0}, {})],
        "the age of the oldest price 45 s is over the limit 30 s",
    ),
    (
        T.DUPLICATE_GUARD, {},
        [({}, {"same_age_s": 61.0}), ({}, {"same_age_s": 20.0})],
        "BUY NSE:INFY was ordered 20 s ago; it may be again after 60 s",
    ),
]  # fmt: skip


def test_rk_06_every_type_of_the_catalogue_has_a_case() -> None:
    assert [case[0] for case in CASES] == list(RuleType) == list(CATALOGUE)


@pytest.mark.parametrize(("kind", "params", "facts", "words"), CASES, ids=lambda one: str(one)[:20])
def test_rk_06_a_rule_passes_comes_near_and_is_broken(
    kind: RuleType, params: dict[str, Any], facts: list[Any], words: str
) -> None:
    """The message is D5's: which rule, what is used, and the limit."""
    one = rule(kind, **params)
    expected = [S.OK, S.NEAR, S.BREACHED] if len(facts) == 3 else [S.OK, S.BREACHED]
    for (scope, order), status in zip(facts, expected, strict=True):
        verdict = judge_entry([one], OWNER, entry(**order), lambda _, s=scope: figures(**s))
        (outcome,) = verdict.outcomes
        assert outcome.status is status, (scope, order, outcome)
        assert verdict.passes is (status is not S.BREACHED or one.action is Action.WARN)
        if status is S.NEAR:
            assert outcome.measure.used_pct is not None
            assert 80 <= outcome.measure.used_pct <= 100
    verb = "Warning of" if one.action is Action.WARN else "Rejected by"
    assert outcome.message == f'{verb} rule "{one.name}": {words}'
    assert [one.message for one in verdict.denials] == (
        [] if one.action is Action.WARN else [outcome.message]
    )


def test_d5_the_message_of_a_daily_loss_is_as_the_design_has_it() -> None:
    one = replace(rule(T.DAILY_LOSS, amount=20_000), name="Daily loss limit")
    verdict = judge_entry([one], OWNER, entry(), lambda _: figures(day_pnl=-21_340_00))
    assert verdict.denials[0].message == (
        'Rejected by rule "Daily loss limit": today\'s loss ₹21,340 is over the limit ₹20,000'
    )


def test_every_rule_is_evaluated_and_the_strictest_action_wins() -> None:
    rules = [
        rule(T.MAX_ORDER_VALUE, amount=5_000),
        rule(T.DAILY_LOSS, amount=100),
        rule(T.MAX_POSITIONS),
        rule(T.SYMBOL_BLACKLIST, Action.WARN, symbols=["INFY"]),
        rule(T.DRAWDOWN_KILL),
    ]
    verdict = judge_entry(
        rules, OWNER, entry(), lambda _: figures(day_pnl=-200_00, fall=500_000_00)
    )
    assert [one.status for one in verdict.outcomes] == [
        S.BREACHED, S.BREACHED, S.OK, S.BREACHED, S.BREACHED,
    ]  # fmt: skip
    assert verdict.action is Action.KILL
    assert len(verdict.denials) == 3  # the warning refuses nothing
    assert [one.rule.action for one in verdict.broken] == [
        Action.KILL, Action.HALT_ENTRIES, Action.REJECT, Action.WARN,
    ]  # fmt: skip


@given(st.lists(st.sampled_from(list(Action)), min_size=1, max_size=6))
def test_the_strictest_action_wins_in_any_order(actions: list[Action]) -> None:
    rules = [rule(T.MAX_ORDER_VALUE, action, amount=1) for action in actions]
    verdict = judge_entry(rules, OWNER, entry(), lambda _: figures())
    assert verdict.action is max(actions, key=STRICTNESS.__getitem__)
    assert len(verdict.outcomes) == len(actions)
    assert verdict.passes is (set(actions) == {Action.WARN})


@pytest.mark.parametrize(
    ("scope", "looks"),
    [
        (Scope(), True),
        (Scope(Level.BROKER, "paper"), True),
        (Scope(Level.BROKER, "kite"), False),
        (Scope(Level.STRATEGY, "momentum"), True),
        (Scope(Level.STRATEGY, "other"), False),
        (Scope(Level.PORTFOLIO, "7"), True),
        (Scope(Level.PORTFOLIO, "8"), False),
        (Scope(Level.SYMBOL, "INFY"), True),
        (Scope(Level.SYMBOL, "NSE:INFY"), True),
        (Scope(Level.SYMBOL, "TCS"), False),
    ],
)
def test_a_scope_has_the_orders_it_names(scope: Scope, looks: bool) -> None:
    one = replace(rule(T.MAX_ORDER_VALUE, amount=1), scope=scope)
    verdict = judge_entry([one], OWNER, entry(), lambda _: figures())
    assert bool(verdict.outcomes) is looks


def test_a_percentage_of_an_unknown_capital_refuses_and_says_what_to_do() -> None:
    """No limit that cannot be judged lets an order pass; a watched one takes no action."""
    one = rule(T.DAILY_LOSS)
    verdict = judge_entry([one], OWNER, entry(), lambda _: figures(capital=None))
    assert verdict.outcomes[0].status is S.UNKNOWN
    assert "the capital is not known: set it in the rule" in verdict.denials[0].message
    assert latch_of(verdict.outcomes[0], NOW) is None
    with_capital = rule(T.DAILY_LOSS, capital=100_000)
    verdict = judge_entry(
        [with_capital], OWNER, entry(), lambda _: figures(capital=None, day_pnl=-2_000_00)
    )
    assert verdict.denials[0].message.endswith("₹2,000 has reached the limit ₹2,000")


@pytest.mark.parametrize(
    ("one", "until"),
    [
        (rule(T.DAILY_LOSS, amount=1), datetime(2026, 1, 5, 18, 30, tzinfo=UTC)),
        (rule(T.WEEKLY_LOSS, amount=1), datetime(2026, 1, 11, 18, 30, tzinfo=UTC)),
        (rule(T.MONTHLY_LOSS, amount=1), datetime(2026, 1, 31, 18, 30, tzinfo=UTC)),
        (rule(T.LOSS_STREAK_COOLDOWN, pause_days=2), datetime(2026, 1, 7, 4, 30, tzinfo=UTC)),
        (rule(T.DRAWDOWN_KILL), None),
    ],
)
def test_a_halt_lasts_as_long_as_its_rule_says(one: Rule, until: datetime | None) -> None:
    facts = {"day_pnl": -9_00, "week_pnl": -9_00, "month_pnl": -9_00, "losing_streak": 9}
    (outcome,) = judge_moment([one], lambda _: figures(**facts, fall=500_000_00)).outcomes
    latch = latch_of(outcome, NOW)
    assert latch is not None
    assert (latch.until, latch.action) == (until, CATALOGUE[one.type].action)
    assert latch.is_over(datetime(2026, 3, 1, tzinfo=UTC)) is (until is not None)


def test_rules_that_only_refuse_and_stale_prices_begin_no_halt() -> None:
    for one in (rule(T.MAX_ORDER_VALUE, amount=1), rule(T.STALE_DATA)):
        verdict = judge_entry([one], OWNER, entry(), lambda _: figures(data_age_s=99.0))
        assert verdict.broken
        assert latch_of(verdict.outcomes[0], NOW) is None


@pytest.mark.parametrize(
    ("kind", "params", "pointer"),
    [
        (T.DAILY_LOSS, {"pct": 0}, "/params/pct"),
        (T.DAILY_LOSS, {"pct": "2"}, "/params/pct"),
        (T.DAILY_LOSS, {"amount": 0.001}, "/params/amount"),
        (T.MAX_POSITIONS, {"n": 2.5}, "/params/n"),
        (T.MAX_POSITIONS, {"m": 2}, "/params/m"),
        (T.SYMBOL_BLACKLIST, {}, "/params/symbols"),
        (T.SYMBOL_WHITELIST, {"symbols": "INFY"}, "/params/symbols"),
        (T.DAILY_PROFIT_LOCK, {}, "/params/floor"),
        (T.DAILY_PROFIT_LOCK, {"floor": 20_000}, "/params/floor"),
        (T.TIME_WINDOW, {"start": "15:30"}, "/params/end"),
        (T.TIME_WINDOW, {"start": "nine"}, "/params/start"),
        (T.TIME_WINDOW, {"days": ["someday"]}, "/params/days"),
        (T.SURVEILLANCE_BLOCK, {"lists": []}, "/params/lists"),
        (T.CORRELATION_CAP, {"rho": 2}, "/params/rho"),
    ],
)
def test_rk_02_a_parameter_that_makes_no_sense_is_named(
    kind: RuleType, params: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_params(kind, params)
    assert pointer in {one.pointer for one in refused.value.problems}


def test_rk_02_defaults_are_written_out_and_read_back() -> None:
    for kind, params in ((case[0], case[1]) for case in CASES):
        written = written_params(kind, params)
        assert set(written) == {one.key for one in CATALOGUE[kind].parameters}
        assert read_params(kind, written) == read_params(kind, params)


@pytest.mark.parametrize(
    ("scope", "action"),
    [
        (Scope(Level.USER, "7"), Action.REJECT),
        (Scope(Level.SYMBOL), Action.REJECT),
        (Scope(), Action.PAUSE_PORTFOLIO),
    ],
)
def test_rk_02_scope_and_action_fit_together(scope: Scope, action: Action) -> None:
    with pytest.raises(InvalidDocument):
        check_scope(scope, action)
    check_scope(Scope(Level.PORTFOLIO, "7"), Action.PAUSE_PORTFOLIO)

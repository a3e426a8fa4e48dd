"""Bodies of the risk routes. Amounts in rupees, percentages in percent units."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from tradertape_core.risk.rulebook.rule import Action, AppliesTo, Level, RuleType, Severity
from tradertape_server.platform.http.routing import Body, IstTime, Reply

Json = dict[str, Any]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Reason = Annotated[str, Field(max_length=500)]
Params = dict[str, JsonValue]
Status = Literal["ok", "near", "breached", "unknown"]
Money = Literal["paper", "live"]
JudgedMoney = Literal["paper", "live", "candles"]  # candles: portfolios that candles fill


class RiskScope(Body):
    """Whose orders and positions a rule measures. id: a portfolio's id, a strategy's template, an
    instrument, a broker or `paper`; left out for the level `user`."""

    level: Level = Level.USER
    id: Annotated[str | None, Field(max_length=120)] = None


class RiskRuleIn(Body):
    """A rule. name, action and parameters that are left out are those of its type."""

    name: Name | None = None
    type: RuleType
    scope: RiskScope = RiskScope()
    params: Params = Field(default_factory=dict)
    action: Action | None = None
    applies_to: AppliesTo = AppliesTo.ENTRIES
    severity: Severity = Severity.WARNING
    is_active: bool = True


class RiskRulePatch(Body):
    """Changes of a rule; what is left out stays. params replaces all of them."""

    name: Name | None = None
    scope: RiskScope | None = None
    params: Params | None = None
    action: Action | None = None
    applies_to: AppliesTo | None = None
    severity: Severity | None = None
    is_active: bool | None = None


class RiskScopeOut(Reply):
    """Whose orders and positions a rule measures."""

    level: Level
    id: str | None


class RiskRuleOut(Reply):
    """A rule with every parameter."""

    id: int
    name: str
    type: RuleType
    scope: RiskScopeOut
    params: Json
    action: Action
    applies_to: AppliesTo
    severity: Severity
    is_active: bool
    created_at: IstTime
    updated_at: IstTime
    last_triggered_at: IstTime | None
    trigger_count: int


class RiskParameterOut(Reply):
    """A parameter of a type of rules. default null: it may be left out."""

    key: str
    label: str
    kind: str
    default: JsonValue
    minimum: float | None
    maximum: float | None
    choices: list[str]
    note: str


class RiskRuleTypeOut(Reply):
    """A type of rules: what it does, its parameters and its usual action."""

    type: RuleType
    label: str
    text: str
    action: Action
    when: list[str]
    parameters: list[RiskParameterOut]


class RiskOutcomeOut(Reply):
    """What one rule measured. used, limit: null where there is nothing to count."""

    rule_id: int
    rule: str
    type: str
    action: Action
    status: Status
    used: float | None
    limit: float | None
    used_pct: float | None
    unit: str
    message: str


class RiskEvaluationOut(Reply):
    """What all rules said of an order, or a watched rule of a moment."""

    id: int
    subject: str
    money: JudgedMoney
    order_id: str | None
    run_id: str | None
    instrument: str | None
    side: str | None
    quantity: int | None
    passed: bool
    action: Action | None
    reason: str
    outcomes: list[RiskOutcomeOut]
    at: IstTime


class RiskHaltOut(Reply):
    """A halt that a rule has begun. until null: it has to be released."""

    id: int
    money: JudgedMoney
    rule_id: int
    rule_name: str
    rule_type: str
    scope: RiskScopeOut
    action: Action
    message: str
    since: IstTime
    until: IstTime | None
    released_at: IstTime | None
    released_by: str | None


class ReleaseIn(Body):
    """Release a kill switch or a halt: the word RELEASE says that it is meant."""

    confirm: Literal["RELEASE"]
    scope: Literal["user", "server"] = "user"


class HaltReleaseIn(Body):
    """Release a halt: the word RELEASE says that it is meant."""

    confirm: Literal["RELEASE"]


class KillIn(Body):
    """Turn the kill switch on. scope `server` stops everybody and is for administrators."""

    scope: Literal["user", "server"] = "user"
    cancel_orders: bool = True
    close_positions: bool = False
    reason: Reason = ""


class KillSwitchOut(Reply):
    """The state of a kill switch; `scope` is `server` when the server's is on. open_entries: open
    orders that it would cancel, open_positions: what closing positions would close.
    cancels_waiting_for_login: cancellations that leave once you sign in at the broker."""

    active: bool
    scope: Literal["user", "server"]
    reason: str | None = None
    since: IstTime | None = None
    by: str | None = None
    releasable_at: IstTime | None = None
    open_entries: int = 0
    open_positions: int = 0
    cancels_waiting_for_login: int = 0


class RiskToday(Reply):
    """The day so far. loss_limit: the tightest daily limit; null without one."""

    realised_pnl: float
    unrealised_pnl: float
    pnl: float
    loss: float
    loss_limit: float | None
    loss_used_pct: float | None
    orders: int
    trades: int
    rejections: int


class RiskShare(Reply):
    """What is in one sector or instrument."""

    name: str
    value: float
    pct: float | None


class RiskExposure(Reply):
    """What is in the market, open orders filled."""

    gross: float
    net: float
    pct_of_capital: float | None
    cap_pct: float | None
    by_sector: list[RiskShare]
    by_symbol_top: list[RiskShare]


class RiskPositions(Reply):
    """Open positions, and the most that a rule allows."""

    open: int
    max: int | None


class RiskCapital(Reply):
    """The equity of the accounts; null where a broker alone knows it."""

    equity: float | None
    cash: float | None
    committed: float
    peak: float | None
    drawdown_pct: float | None


class RiskDataAge(Reply):
    """How old what is known of the market and of the brokers is."""

    ticks_age_s: float | None
    broker_age_s: float | None


class RiskStateOut(Reply):
    """How a person stands with every limit, for paper, for real money, or for portfolios that
    candles fill."""

    as_of: IstTime
    trading_day: str
    money: JudgedMoney
    trading_state: Literal["active", "reducing", "halted"]
    halted_by: str | None
    halted_until: IstTime | None
    kill_switch: KillSwitchOut
    today: RiskToday
    exposure: RiskExposure
    positions: RiskPositions
    capital: RiskCapital
    rules: list[RiskOutcomeOut]
    halts: list[RiskHaltOut]
    data_fresh: RiskDataAge


class RehearsalIn(Body):
    """What would have happened: all active rules over the orders and fills of some days. rules:
    those that are tried instead."""

    days: Annotated[int, Field(ge=1, le=366)] = 31
    money: Money = "paper"
    rules: Annotated[list[RiskRuleIn] | None, Field(max_length=50)] = None


class RehearsedOrder(Reply):
    """An order that would have been refused, or a moment at which a rule would have halted."""

    at: IstTime
    order_id: str
    instrument: str
    side: str
    quantity: int
    action: Action
    messages: list[str]


class RehearsedRule(Reply):
    """How often a rule would have been broken."""

    rule: str
    type: RuleType
    broken: int
    first_at: IstTime | None


class RehearsalOut(Reply):
    """refused_pnl: what closed trades of refused entries brought, for better or worse; judged on
    fills alone: prices between fills, margins and open positions' values are not replayed."""

    days: int
    money: Money
    orders: int
    entries: int
    refused: int
    refused_pnl: float
    pnl: float
    not_judged: list[str]
    rules: list[RehearsedRule]
    refusals: list[RehearsedOrder]

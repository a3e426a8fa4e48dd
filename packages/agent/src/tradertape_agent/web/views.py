"""The parts of an agent as JSON. Figures are real: this is the user's own machine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from tradertape_agent.agent import Agent
from tradertape_agent.desk.account import Account
from tradertape_agent.journal.intents import Intent
from tradertape_agent.journal.signals import SignalRow, SignalState
from tradertape_agent.loop import LAST_POLL
from tradertape_agent.privacy.modes import Mode
from tradertape_agent.web.order_view import Prices, order_view
from tradertape_agent.web.plain import plain
from tradertape_agent.wire import Malformed, read_signal
from tradertape_brokers.errors import BrokerError
from tradertape_brokers.portfolio import (
    FundHolding,
    Holding,
    Margin,
    Position,
    PositionKind,
    percent,
)

Row = dict[str, Any]
_NIL = Decimal(0)


def broker_view(account: Account, callback: str = "") -> Row:
    """One account: its state, and what to do about it. callback: where its login comes back."""
    session, flow = account.session, account.broker.login
    return {
        "name": account.name,
        "title": account.broker.title,
        "is_primary": account.is_primary,
        "state": account.state.value,
        "problem": account.problem,
        "user_id": account.user_id,
        "session_ends_at": session.expires_at.isoformat() if session else None,
        "login": "page" if flow.has_page else "credentials",
        "address_rule": account.broker.capabilities.address_rule,
        "environment": environment_of(account),
        "callback": callback,
    }


def environment_of(account: Account) -> str:
    """Whether its orders move real money."""
    return "sandbox" if account.is_sandbox else "live"


def signals_view(agent: Agent, rows: Sequence[SignalRow], prices: Prices) -> list[Row]:
    """One view for each signal: its newest version, with the orders of all its versions.

    rows: the newest first. What waited for approval here comes back under a key of its own once
    the cloud has approved it; what a newer version replaced may have an order at the broker.
    """
    newest: dict[str, Row] = {}
    for row in rows:
        shown = newest.get(row.signal_id)
        if shown is None:
            newest[row.signal_id] = signal_view(agent, row, prices)
            continue
        former = [intent_view(one) for one in agent.journal.intents.of_signal(row.key)]
        shown["intents"] = former + shown["intents"]
    return list(newest.values())


def signal_view(agent: Agent, row: SignalRow, prices: Prices | None = None) -> Row:
    """One signal: what it wants in real units, and how far it is."""
    found: Row = {
        "id": row.signal_id,
        "version": row.version,
        "state": row.state.value,
        "decision": row.decision.value if row.decision else None,
        "reason": row.reason,
        "received_at": row.received_at.isoformat(),
        "can_decide": row.state is SignalState.WAITING and row.decision is None,
        "waits_in_cloud": row.state is SignalState.ENDED and row.is_approved_in_cloud,
        "intents": [intent_view(one) for one in agent.journal.intents.of_signal(row.key)],
    }
    try:
        signal = read_signal(row.body)
    except (Malformed, ValueError) as error:
        return {**found, "problem": str(error)}
    units = agent.privacy.orders(is_scaled=signal.is_scaled).units(signal.quantity)
    terms = signal.terms
    return {
        **found,
        "instrument": signal.instrument,
        "side": signal.side.value,
        "kind": signal.kind,
        "quantity": plain(units),
        "order_type": terms.kind.value,
        "trigger_price": plain(terms.trigger),
        "limit_price": plain(terms.limit),
        "stop_price": plain(terms.stop_trigger),
        "target_price": plain(terms.target_trigger),
        "ref_price": plain(signal.ref_price),
        "expires_at": signal.expires_at.isoformat() if signal.expires_at else None,
        "portfolio_id": signal.portfolio_id,
        "why": str(row.body.get("reason") or ""),
        "denials": list(signal.denials),
        "conviction": plain(row.body.get("conviction")),
        "is_scaled": signal.is_scaled,
        "order": None if prices is None else order_view(agent, signal, prices),
    }


def intent_view(one: Intent) -> Row:
    """One thing that was asked of the broker."""
    return {
        "key": one.key, "kind": one.kind.value, "state": one.state.value,
        "asked_at": one.asked_at.isoformat(), "venue_id": one.venue_id, "order_id": one.order_id,
        "quantity": one.quantity, "filled": one.filled, "average_price": plain(one.average),
        "message": one.message,
    }  # fmt: skip


def holdings_view(agent: Agent) -> Row:
    """Holdings of all accounts, with what could not be read."""
    rows: list[Row] = []
    problems: list[str] = []
    for account in agent.desk:
        try:
            rows += [_holding(one) for one in account.holdings()]
        except BrokerError as error:
            problems.append(_problem(account, error))
    return {"items": rows, "problems": problems, "age_s": agent.desk.primary.age_s()}


def positions_view(agent: Agent) -> Row:
    """Open positions of all accounts, with what could not be read."""
    rows: list[Row] = []
    problems: list[str] = []
    for account in agent.desk:
        try:
            net = [one for one in account.positions() if one.kind is PositionKind.NET]
        except BrokerError as error:
            problems.append(_problem(account, error))
            continue
        rows += [_position(one) for one in net]
    return {"items": rows, "problems": problems}


def funds_view(agent: Agent) -> Row:
    """Units of mutual funds. without: brokers that do not tell of them."""
    rows: list[Row] = []
    problems: list[str] = []
    tells = [one for one in agent.desk if one.broker.capabilities.mutual_funds]
    for account in tells:
        try:
            rows += [_fund(one) for one in account.funds()]
        except BrokerError as error:
            problems.append(_problem(account, error))
    without = [one.broker.title for one in agent.desk if one not in tells]
    return {"items": rows, "problems": problems, "without": without}


def privacy_view(agent: Agent) -> Row:
    """What applies now."""
    return {
        "mode": agent.privacy.mode.value,
        "is_on": agent.privacy.mode is not Mode.OFF,
        "factor_id": agent.privacy.factor_id,
    }


def dashboard_view(agent: Agent) -> Row:
    """The portfolio over all accounts, and what waits for the user."""
    holdings: list[Holding] = []
    margins: list[Margin] = []
    problems: list[str] = []
    for account in agent.desk:
        try:
            holdings += account.holdings()
            margins += account.margins()
        except BrokerError as error:
            problems.append(_problem(account, error))
    invested = sum((one.invested for one in holdings), _NIL)
    value = sum((one.value for one in holdings), _NIL)
    day = sum((one.day_change for one in holdings), _NIL)
    waiting = agent.journal.signals.listed(SignalState.WAITING)
    return {
        "invested": plain(invested),
        "value": plain(value),
        "pnl": plain(value - invested),
        "pnl_pct": plain(percent(value - invested, invested).quantize(Decimal("0.01"))),
        "day_change": plain(day),
        "day_change_pct": plain(percent(day, value - day).quantize(Decimal("0.01"))),
        "cash": plain(sum((one.available_cash for one in margins), _NIL)),
        "waiting_signals": sum(one.decision is None for one in waiting),
        "unclear_orders": [intent_view(one) for one in agent.journal.intents.unclear()],
        "reconciliation": agent.reconciler.report.get("summary"),
        "brokers": [broker_view(one) for one in agent.desk],
        "problems": problems,
    }


def _problem(account: Account, error: BrokerError) -> str:
    """What a broker said, with its name once."""
    title = account.broker.title
    return str(error) if title in str(error) else f"{title}: {error}"


def status_view(agent: Agent, version: str) -> Row:
    """The state of the program."""
    health, word, primary = agent.loop.health, agent.syncing.word, agent.desk.primary
    waiting = agent.journal.signals.listed(SignalState.WAITING)
    return {
        "version": version,
        "latest_version": word.latest_version or None,
        "cloud_url": agent.settings.cloud_url,
        "cloud": health.cloud,
        "broker": health.broker,
        "problem": health.problem,
        "primary_broker": primary.name,
        "primary_title": primary.broker.title,
        "environment": environment_of(primary),
        "poll_interval": agent.settings.poll_interval_s,
        "last_poll": agent.journal.store.meta(LAST_POLL) or None,
        "waiting_signals": sum(one.decision is None for one in waiting),
        "drift": (agent.reconciler.report.get("summary") or {}).get("drift", 0),
        "auto_execute": agent.loop.auto_executes,
        "kill_switch": {"local": agent.loop.is_killed, "cloud": word.kill_switch},
        "privacy": agent.privacy.mode.value,
        "queued_reports": agent.journal.reports.count(),
    }


def _holding(one: Holding) -> Row:
    return {
        "broker": one.broker, "exchange": one.exchange, "symbol": one.tradingsymbol,
        "isin": one.isin, "product": one.product.value, "quantity": one.quantity,
        "t1_quantity": one.t1_quantity, "pledged_quantity": one.pledged_quantity,
        "total_quantity": one.total_quantity,
        "average_price": plain(one.average_price), "last_price": plain(one.last_price),
        "invested": plain(one.invested), "value": plain(one.value), "pnl": plain(one.pnl),
        "pnl_pct": plain(one.pnl_pct.quantize(Decimal("0.01"))),
        "day_change": plain(one.day_change),
    }  # fmt: skip


def _fund(one: FundHolding) -> Row:
    return {
        "broker": one.broker, "fund": one.fund, "isin": one.isin, "folio": one.folio,
        "quantity": plain(one.quantity), "average_price": plain(one.average_price),
        "last_price": plain(one.last_price),
        "last_price_date": one.last_on.isoformat() if one.last_on else "",
        "invested": plain(one.invested), "value": plain(one.value),
        "pnl": plain(one.value - one.invested),
    }  # fmt: skip


def _position(one: Position) -> Row:
    return {
        "broker": one.broker, "exchange": one.exchange, "symbol": one.tradingsymbol,
        "product": one.product.value, "quantity": one.quantity,
        "average_price": plain(one.average_price), "last_price": plain(one.last_price),
        "pnl": plain(one.pnl),
    }  # fmt: skip

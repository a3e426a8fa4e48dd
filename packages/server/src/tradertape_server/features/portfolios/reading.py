"""What the console's pages read of one portfolio: its scanned days, a symbol's verdicts, and
whether a signal can be approved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tradertape_core.kernel.clock import IST
from tradertape_core.kernel.format import inr
from tradertape_core.kernel.money import rupees
from tradertape_core.portfolio.capital import Capital
from tradertape_core.portfolio.signals import Status
from tradertape_server.features.portfolios import repository
from tradertape_server.features.portfolios.models import Portfolio, PortfolioSignal
from tradertape_server.features.portfolios.state import capital_of, commitment, settings_of

Json = dict[str, Any]
DEMANDED = frozenset({"portfolio", "expiry", "capital"})  # what an approval refuses; the rest warns


def scanned_days(session: Session, row: Portfolio, limit: int) -> list[Json]:
    """The last days of a portfolio, newest first, with how many symbols met which verdict."""
    days = repository.days(session, row.id, row.epoch)
    before = capital_of(row, ()).starting
    found: list[Json] = []
    for one in days:
        found.append(
            {
                "day": one.day,
                "equity": rupees(one.equity_paise),
                "cash": rupees(one.cash_paise),
                "pnl": rupees(one.equity_paise - before),
                "evaluated": one.evaluated,
                "insufficient_data": one.insufficient,
                "reasons": {reason: len(symbols) for reason, symbols in one.verdicts.items()},
            }
        )
        before = one.equity_paise
    return found[-limit:][::-1]


def ledger(session: Session, row: Portfolio, symbol: str, limit: int) -> list[Json]:
    """Why a symbol was a signal or not on the last days, newest first; a day without it is left
    out."""
    found: list[Json] = []
    for one in reversed(repository.days(session, row.id, row.epoch)):
        reason = next((why for why, names in one.verdicts.items() if symbol in names), None)
        if reason is not None:
            found.append({"day": one.day, "reason": reason})
        if len(found) == limit:
            break
    return found


@dataclass(frozen=True, slots=True)
class CheckedState:
    """What the checks of a portfolio's signals look at."""

    portfolio: Portfolio
    capital: Capital
    sectors: list[str]  # of the open positions


def state_for_checks(session: Session, portfolio: Portfolio) -> CheckedState:
    """Read it, once for all signals of a portfolio."""
    live = repository.live_signals(session, portfolio.id)
    held = repository.open_positions(session, portfolio.id)
    return CheckedState(portfolio, capital_of(portfolio, live), [one.sector for one in held])


def check(state: CheckedState, signal: PortfolioSignal, now: datetime) -> Json:
    """Whether a signal can be approved at an instant: what an approval demands, in words."""
    portfolio, capital, held = state.portfolio, state.capital, state.sectors
    settings = settings_of(portfolio)
    # One that is in the cart has its amount committed already.
    own = signal.committed_paise
    free = capital.free(settings.max_oversubscription) + own
    needed = commitment(signal)
    is_waiting = signal.status in (Status.PENDING, Status.IN_CART)
    same = held.count(signal.sector)
    expiry = _check("expiry", is_waiting and signal.expires_at > now, _expiry(signal, now))
    if signal.side == "SELL":  # it takes no capital, and a paused portfolio sells
        return {
            "passed": expiry["passed"],
            "can_approve": is_waiting,
            "capital_after": rupees(capital.cash - capital.committed),
            "results": [expiry],
        }
    results = [
        _check("portfolio", portfolio.status == "active",
               f"{portfolio.name} is {portfolio.status}"),
        expiry,
        _check("capital", needed <= free, f"Needs {inr(rupees(needed))} of {inr(rupees(free))}"),
        _check("positions", not settings.max_positions or len(held) < settings.max_positions,
               f"{len(held)} of {settings.max_positions} positions are open"),
        _check("sector", not settings.max_per_sector or same < settings.max_per_sector,
               f"{same} of {settings.max_per_sector or 'any number of'} positions are in "
               f"{signal.sector or 'its sector'}"),
    ]  # fmt: skip
    after = capital.cash - capital.committed + own - needed
    return {
        "passed": all(one["passed"] for one in results),
        "can_approve": all(one["passed"] for one in results if one["name"] in DEMANDED),
        "capital_after": rupees(after),
        "results": results,
    }


def _expiry(signal: PortfolioSignal, now: datetime) -> str:
    if signal.status not in (Status.PENDING, Status.IN_CART):
        return f"It is {signal.status.replace('_', ' ')}"
    at = f"{signal.expires_at.astimezone(IST):%d %b %Y, %H:%M} IST"
    return f"Expired at {at}" if signal.expires_at <= now else f"Can be decided until {at}"


def _check(name: str, passed: bool, text: str) -> Json:
    return {"name": name, "passed": passed, "text": text}

"""Splits, bonuses and dividends of the sandbox's own: on every account, at the next day's start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.ledger.corporate import CashDividend, CorporateAction
from tradertape_core.ledger.journal import Book, Postings, post_action, post_dividend
from tradertape_core.orders import gtt as gtts
from tradertape_core.orders.gtt import Gtt, GttStatus
from tradertape_sandbox.exchange.accounts import Account, Carried


@dataclass(slots=True)
class CorporateActions:
    """Actions that were announced; each is carried out once, when its day begins."""

    announced: list[CorporateAction | CashDividend] = field(
        default_factory=list[CorporateAction | CashDividend]
    )

    def announce(self, action: CorporateAction | CashDividend) -> None:
        """Have an action take effect on its ex-date."""
        self.announced.append(action)

    def due(self, day: date) -> list[CorporateAction | CashDividend]:
        """Take out the actions whose day has come."""
        found = [one for one in self.announced if one.ex_date <= day]
        self.announced = [one for one in self.announced if one.ex_date > day]
        return found


def carry_out(account: Account, action: CorporateAction | CashDividend, at: datetime) -> list[Gtt]:
    """Apply an action to what an account holds; return the triggers that it ended."""
    for key in [one for one in account.positions if one.instrument == action.instrument]:
        book = Book({key: account.positions[key]})
        posted: Postings | None
        if isinstance(action, CashDividend):
            posted = post_dividend(action, key, book, at=at)
        else:
            posted = post_action(action, key, book, at=at)
        if posted is not None:
            account.post(posted)
            after = account.positions[key]
            account.carried[key] = Carried(after.quantity, after.cost_paise)
    if isinstance(action, CashDividend):
        return []
    ended = [gtts.end(gtt, GttStatus.CANCELLED, at) for gtt in _triggers(account, action)]
    account.gtts.update({gtt.trigger_id: gtt for gtt in ended})
    return ended


def factor_of(action: CorporateAction) -> Decimal:
    """What a price from before the action is multiplied by."""
    return Decimal(action.old) / action.new


def _triggers(account: Account, action: CorporateAction) -> Iterable[Gtt]:
    return [
        gtt
        for gtt in account.gtts.values()
        if gtt.is_active and gtt.request.instrument == action.instrument
    ]

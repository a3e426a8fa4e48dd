"""Which trading account a portfolio's orders go to: one of its own, on paper or for the person's
agent, or a broker's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from tradertape_core.kernel.money import paise_from_rupees
from tradertape_core.portfolio.settings import PortfolioSettings
from tradertape_server.features.execution.live_accounts import Blocked
from tradertape_server.features.execution.service import ExecutionService
from tradertape_server.features.execution.trading_accounts import AGENT, PAPER
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.platform.errors import BadRequest, Conflict

AT_A_BROKER = "broker"  # the kind of such accounts


class BrokerAccounts(Protocol):
    """The accounts at brokers, as `execution.live_accounts` has them."""

    def why_not(self, user_id: int, scope: str) -> tuple[Blocked, ...]:
        """Why an account may not trade live now."""
        ...


def nobody(_session: Session, _user_id: int) -> bool:
    """Nobody's agent scales what it reports."""
    return False


@dataclass(slots=True)
class PortfolioAccounts:
    """Opens and finds accounts, in the caller's transaction.

    is_obfuscated: whether a person's agent scales what it reports; a feature above knows.
    """

    execution: ExecutionService
    brokers: BrokerAccounts
    is_obfuscated: Callable[[Session, int], bool] = nobody

    def counts_otherwise(self, session: Session, row: Portfolio) -> bool:
        """Whether a purchase of now would be counted in other units than the capital it is sized
        by: obfuscation was turned on or off since the portfolio was opened."""
        is_of_agent = settings_of(row).is_placed_by_agent
        return is_of_agent and row.capital_is_scaled is not self.is_obfuscated(session, row.user_id)

    def why_not_now(self, row: Portfolio | None) -> str:
        """Why a portfolio's broker takes no purchase now: nobody is signed in, for instance. ""
        where it does, and where this server asks no broker."""
        settings = None if row is None else settings_of(row)
        if row is None or settings is None or settings.paper_mode or settings.is_placed_by_agent:
            return ""
        own = self.execution.accounts(row.user_id)
        scope = next((one.scope for one in own if one.id == row.account_id), None)
        reasons = () if scope is None else self.brokers.why_not(row.user_id, scope)
        return "; ".join(one.words for one in reasons)

    def account_of(self, session: Session, row: Portfolio, settings: PortfolioSettings) -> int:
        """The account of a portfolio's epoch.

        Raises BadRequest where a person has no account or several at the broker, Conflict where it
        may not trade live now.
        """
        row.is_scaled = settings.is_placed_by_agent and self.is_obfuscated(session, row.user_id)
        row.capital_is_scaled = row.is_scaled
        if settings.paper_mode or settings.is_placed_by_agent:
            paise = int(paise_from_rupees(settings.starting_capital))
            kind = AGENT if settings.is_placed_by_agent else PAPER
            opened = self.execution.open_portfolio_account(
                session, row.user_id, f"{row.id}:{row.epoch}", paise, kind, is_scaled=row.is_scaled
            )
            return opened.id
        found = [
            one
            for one in self.execution.accounts(row.user_id)
            if one.kind == AT_A_BROKER and one.scope.partition(":")[0] == settings.broker
        ]
        if len(found) != 1:
            what = "no account" if not found else f"{len(found)} accounts"
            raise BadRequest(
                f"You have {what} at {settings.broker}: a live portfolio needs one. Connect it "
                "under Settings, Brokers.",
                code="broker_account",
            )
        reasons = self.brokers.why_not(row.user_id, found[0].scope)
        if reasons:
            raise Conflict("; ".join(one.words for one in reasons), code=reasons[0].code)
        return found[0].id

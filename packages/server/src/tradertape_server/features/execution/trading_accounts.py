"""A person's trading accounts: finding and opening them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tradertape_server.features.execution.errors import UnknownAccount
from tradertape_server.features.execution.orders.run_ref import Settings
from tradertape_server.features.execution.queries import ExecutionQueries
from tradertape_server.features.execution.state.account_opening import (
    DEFAULT_SCOPE,
    open_account,
)
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.models import (
    AGENT,
    BROKER,
    PAPER,
    PORTFOLIO,
    TradingAccount,
)
from tradertape_server.platform.errors import Conflict

__all__ = ["AGENT", "BROKER", "MOST_ACCOUNTS", "PAPER", "TradingAccount", "TradingAccounts"]
MOST_ACCOUNTS = 50  # of one person


@dataclass(slots=True)
class TradingAccounts(ExecutionQueries):
    """Use cases of accounts; orders, exits and triggers are `ExecutionService`'s."""

    settings: Settings

    def account(self, user_id: int, scope: str) -> TradingAccount:
        """A person's account of a scope. Everybody has `kite:paper-a`.

        Raises UnknownAccount for any other that the person has not opened.
        """
        with self.database.read() as session:
            known = repository.account(session, user_id, scope)
        if known is not None:
            return known
        if scope != DEFAULT_SCOPE:
            names = [one.scope for one in self.accounts(user_id)]
            raise UnknownAccount(scope, [DEFAULT_SCOPE, *names])
        try:
            return self._open_account(user_id, scope, self.settings.opening_paise)
        except IntegrityError:  # another caller opened it between our query and our insert
            return self.account(user_id, scope)

    def open_paper_account(
        self, user_id: int, scope: str, opening_paise: int | None = None
    ) -> TradingAccount:
        """Open a paper account. opening_paise: None: as much as everybody's first one.

        Raises Conflict where the person has it already, or as many as one may have.
        """
        money = self.settings.opening_paise if opening_paise is None else opening_paise
        try:
            return self._open_account(user_id, scope, money)
        except IntegrityError:
            raise Conflict(f"You have the account {scope} already.") from None

    def open_portfolio_account(
        self, session: Session, user_id: int, name: str, opening_paise: int, kind: str = PAPER,
        *, is_scaled: bool = False,
    ) -> TradingAccount:  # fmt: skip
        """Open the account of a model portfolio, in the caller's transaction.

        kind: `paper`, or `agent`: its orders are placed by the person's agent. name: unique among
        the person's portfolios. is_scaled: its figures are not rupees. These are not
        counted as accounts that a person opens.
        """
        return open_account(
            session, user_id, f"{PORTFOLIO}{name}", opening_paise, kind=kind,
            broker=self.settings.broker, market=self.traded_market, is_scaled=is_scaled,
            now=self.clock.now(),
        )  # fmt: skip

    def mark_scaled(self, session: Session, account_ids: Collection[int], *, scaled: bool) -> None:
        """Say of agents' accounts whether their figures are rupees, in the caller's transaction."""
        repository.mark_scaled(session, account_ids, scaled=scaled)

    def broker_account(
        self, user_id: int, scope: str, broker: str, environment: str | None = None
    ) -> TradingAccount:
        """A person's account at a broker, made on first use; its money is the broker's to count.

        environment: `sandbox` or `live`; recorded once. The caller compares it with the account's.
        """
        with self.database.read() as session:
            known = repository.account(session, user_id, scope)
        if known is not None:
            if environment is None or known.environment is not None or known.kind != BROKER:
                return known
            with self.database.write() as session:
                repository.record_environment(session, known.id, environment)
            return self.broker_account(user_id, scope, broker)
        try:
            return self._open_account(
                user_id, scope, 0, kind=BROKER, broker=broker, environment=environment
            )
        except IntegrityError:
            return self.broker_account(user_id, scope, broker, environment)

    def _open_account(
        self, user_id: int, scope: str, paise: int, *, kind: str = PAPER, broker: str = "",
        environment: str | None = None,
    ) -> TradingAccount:  # fmt: skip
        broker = broker or self.settings.broker
        with self.database.write() as session:
            # One after another: parallel calls must not open more than one may have.
            held = repository.count_accounts(session, user_id)
            if held >= MOST_ACCOUNTS:
                raise Conflict(f"You have {held} accounts, the most that one person can have.")
            # What a broker's account is traded on is its connection's to say.
            market = self.traded_market if kind == PAPER else None
            return open_account(
                session, user_id, scope, paise, kind=kind, broker=broker, market=market,
                environment=environment, now=self.clock.now(),
            )  # fmt: skip

"""What the orders of an account at a broker move: real money, or a sandbox's.

Recorded with the account's first login and for good. A login of the same name in the other
environment reaches none of the account's orders, figures or books.
"""

from __future__ import annotations

from typing import Literal

from tradertape_server.features.brokerage.accounts import BrokerAccount, Environment
from tradertape_server.features.execution.store import repository
from tradertape_server.features.execution.store.models import BROKER, PAPER, TradingAccount
from tradertape_server.platform.database.engine import Database

EnvironmentName = Literal["paper", "sandbox", "live"]


def environment_of(account: TradingAccount) -> EnvironmentName:
    """What an account's orders move. Where it is not recorded, they are taken for real."""
    if account.kind == PAPER:
        return "paper"
    return "sandbox" if account.environment == Environment.SANDBOX.value else "live"


class AccountEnvironments:
    """The environments of accounts at brokers. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[int, str], Environment] = {}

    def of(self, user_id: int, scope: str) -> Environment | None:
        """The environment of a person's account; None where it is not recorded yet."""
        found = self._known.get((user_id, scope))
        if found is None:
            with self._database.read() as session:
                row = repository.account(session, user_id, scope)
            if row is None or row.kind != BROKER or row.environment is None:
                return None
            found = self._known[user_id, scope] = Environment(row.environment)
        return found

    def is_another(self, account: BrokerAccount) -> bool:
        """Whether a login's account only has the name of one that is recorded."""
        return self.of(account.user_id, account.scope) not in (None, account.environment)

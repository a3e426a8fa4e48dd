"""Routes of a person's trading accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from tradertape_server.features.auth.token_scope import SCOPE
from tradertape_server.features.workers.http.answers.monitoring import (
    TradingAccountOut,
    TradingAccounts,
)
from tradertape_server.features.workers.http.authorization import PaperWorker
from tradertape_server.features.workers.http.run_routes import PREFIX, Json
from tradertape_server.features.workers.http.services import Accounts
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.routing import Body

router = APIRouter(prefix=f"{PREFIX}/accounts", tags=["workers"])


class AccountIn(Body):
    """A new paper account. opening_cash: rupees; without it, as much as the first account has."""

    account_scope: Annotated[str, Field(pattern=f"^{SCOPE.pattern}$", examples=["kite:paper-b"])]
    opening_cash: Annotated[float, Field(ge=0, le=1e12)] | None = None


@router.get("", responses=answers(TradingAccounts))
def list_accounts(accounts: Accounts, caller: PaperWorker) -> Json:
    """The accounts that may be used, oldest first."""
    return {"items": accounts.list(caller)}


@router.post("", responses=answers(TradingAccountOut))
def open_account(accounts: Accounts, caller: PaperWorker, body: AccountIn) -> Json:
    """Open a paper account."""
    return accounts.open(caller, body.account_scope, body.opening_cash)

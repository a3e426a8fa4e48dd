"""What `serve --demo` sets up: a market, an account and a first backtest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tradertape_core.backtest.report.text import render
from tradertape_server.container import Container
from tradertape_server.features.backtests.runs.schemas import BacktestRequest
from tradertape_server.features.market.progress import Progress
from tradertape_server.features.market.service import MarketService
from tradertape_server.features.strategies.service import sync_templates
from tradertape_server.platform.clock import SystemClock
from tradertape_server.platform.secrets import private_folder
from tradertape_server.settings import Settings

EMAIL = "demo@tradertape.local"
PASSWORD_FILE = "demo-password"  # noqa: S105 - the name of a file
TEMPLATE = "v3_dip_buyer"
SIMULATED = "simulated"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two that look alike

Print = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """The credentials to sign in with."""

    email: str
    password: str


def build_market(settings: Settings, progress: Progress) -> None:
    """Build the simulated market before anything opens it: a replay reads it at once."""
    MarketService(settings.effective_home, SystemClock()).ensure_simulated_world(progress)


def set_up(container: Container, *, report: Print) -> DemoAccount:
    """Create the demo account and a first backtest, unless they exist."""
    account, user_id = ensure_account(container)
    mark(container)
    if not has_runs(container, user_id):
        report(first_backtest(container, user_id))
    return account


def mark(container: Container) -> None:
    """Let everybody do what only administrators do where something is at stake, and let the
    simulated market have its sessions as they end."""
    container.auth.prefers_password = True
    container.market_watch.simulates = True
    container.sandbox.is_for_everybody = True
    container.market_choice.is_for_everybody = True


def has_runs(container: Container, user_id: int) -> bool:
    """Whether the account has any run."""
    with container.database.read() as session:
        _, total = container.backtests.runs.find(session, user_id, limit=1, offset=0)
    return total > 0


def first_backtest(container: Container, user_id: int) -> str:
    """Run one of the templates on the simulated market and return its report as text."""
    with container.database.write() as session:
        sync_templates(session, container.clock)  # the first start has not come to them yet
        template_id = container.strategies.template(session, TEMPLATE).id
    request = BacktestRequest(
        strategy_id=template_id,
        universe="nifty_100",
        start_date=date(2020, 1, 1),
        end_date=date(2025, 12, 31),
        data_set=SIMULATED,
        name="A first look",
    )
    with container.database.read() as session:
        prepared = container.backtests.runs.prepare(session, user_id, request)
    with container.database.write() as session:
        report = container.backtests.runs.run(session, user_id, prepared)
    return render(report)


def ensure_account(container: Container) -> tuple[DemoAccount, int]:
    """The demo account, not an administrator; its password is different on every machine."""
    password = _password(container.settings.effective_home / "secrets")
    user_id = container.auth.user_id_of(EMAIL)
    if user_id is None:
        user_id = container.auth.create_user(EMAIL, password=password, name="Demo")
    return DemoAccount(EMAIL, password), user_id


def _password(folder: Path) -> str:
    path = private_folder(folder) / PASSWORD_FILE
    if path.is_file():
        return path.read_text().strip()
    letters = [_LETTERS[byte % len(_LETTERS)] for byte in os.urandom(15)]
    password = "-".join("".join(letters[start : start + 5]) for start in (0, 5, 10))
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(password + "\n")
    return password

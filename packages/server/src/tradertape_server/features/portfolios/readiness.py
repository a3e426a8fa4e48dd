"""What to set before a portfolio's orders are real."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tradertape_core.kernel.format import inr
from tradertape_core.risk.rulebook.rule import Owner
from tradertape_server.features.portfolios.models import Portfolio
from tradertape_server.features.portfolios.state import settings_of
from tradertape_server.features.risk.queries import has_daily_loss

_USUAL_PCT = 2  # of the capital, as the catalogue of rules has it


def warnings_of(session: Session, row: Portfolio) -> list[dict[str, str]]:
    """Of a live portfolio, or of a paper one that would be promoted; none of a retired one."""
    if row.status == "retired":
        return []
    settings = settings_of(row)
    # A promoted portfolio has an id of its own: rules of the paper portfolio do not cover it.
    portfolio_id = None if settings.paper_mode else str(row.id)
    owner = Owner(broker=settings.broker, strategy=str(row.strategy_id), portfolio=portfolio_id)
    if has_daily_loss(session, row.user_id, owner):
        return []
    amount = round(settings.starting_capital * _USUAL_PCT / 100)
    text = (
        "No daily loss limit covers its real orders: nothing stops new positions on a day of "
        "losses. Set one under Risk, Rules (type `daily_loss`), for example with `amount` "
        f"{amount}, {_USUAL_PCT} % of its capital of {inr(settings.starting_capital)}."
    )
    return [{"code": "no_daily_loss", "text": text}]

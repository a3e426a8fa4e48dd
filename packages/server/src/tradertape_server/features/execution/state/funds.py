"""What a paper account has, and what of it is used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.pnl import pnl_of
from tradertape_core.ledger.position import Position
from tradertape_core.orders.order import Product
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """Figures of an account in paise, as they stood at `at`."""

    opening_paise: int
    cash_paise: int  # in the ledger: what came in less what was paid, charges included
    available_paise: int  # free for new orders
    blocked_paise: int  # by positions
    reserved_paise: int  # by open orders
    held_loss_paise: int  # of positions that are paid for by their profit or loss, not paid yet
    mtm_paise: int  # in the cash: paid for open futures by daily mark-to-market, not realised yet
    realised_paise: int
    unrealised_paise: int
    charges_paise: int
    option_premium_paise: int
    delivery_paise: int  # shares held, at cost
    exposure_paise: int  # value of open positions, without a sign
    is_stale: bool
    at: datetime


def funds_of(uow: UnitOfWork, account_id: int) -> Funds:
    """Return an account's funds at the latest ticks."""
    state = uow.readable_account(account_id)
    account = repository.account_by_id(uow.session, account_id)
    everything = repository.positions(uow.session, account_id=account_id)
    names = {position.key.instrument for position in everything if position.is_open}
    names = names if uow.is_traded(account_id) else set()
    ticks = {name: tick for name in names if (tick := uow.market.tick(name)) is not None}
    pnl = pnl_of(everything, ticks, uow.now)
    held, kept = list(state.positions.values()), state.margins.figures(uow.now)
    return Funds(
        opening_paise=account.opening_paise,
        cash_paise=state.cash_paise,
        available_paise=state.cash_paise - kept.total,
        blocked_paise=kept.blocked,
        reserved_paise=kept.reserved,
        held_loss_paise=kept.loss,
        mtm_paise=sum(position.mtm_paise for position in held),
        realised_paise=pnl.totals.realised_paise,
        unrealised_paise=pnl.totals.unrealised_paise,
        charges_paise=pnl.totals.charges_paise,
        option_premium_paise=_cost(p for p in held if uow.known(p.key.instrument).is_option),
        delivery_paise=_cost(p for p in held if p.key.product is Product.CNC),
        exposure_paise=pnl.gross_exposure_paise,
        is_stale=pnl.is_stale,
        at=uow.now,
    )


def _cost(positions: Iterable[Position]) -> Paise:
    return Paise(sum(position.cost_paise for position in positions))

"""What an account has: from its ledger, the margin its positions hold back, and the market.

Law: net = available - utilised, the figure an order may use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import LedgerAccount
from tradertape_core.ledger.pnl import Pnl
from tradertape_core.risk.margins import Blocked

_NOTHING = Paise(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """Money of an account, paise. `cash_paise` is before anything is set aside.

    m2m_paise: unrealised loss (below 0) or profit of positions whose value moves no cash. Of it a
    loss is held back; a profit is not spendable until it is realised.
    """

    opening_paise: Paise
    cash_paise: Paise
    collateral_paise: Paise = _NOTHING
    span_paise: Paise = _NOTHING
    exposure_paise: Paise = _NOTHING
    equity_paise: Paise = _NOTHING
    orders_paise: Paise = _NOTHING  # reserved by orders that rest
    m2m_paise: Paise = _NOTHING

    @property
    def utilised_paise(self) -> Paise:
        """All that is held back."""
        loss = max(0, -self.m2m_paise)
        return Paise(
            self.span_paise + self.exposure_paise + self.equity_paise + self.orders_paise + loss
        )

    @property
    def net_paise(self) -> Paise:
        """What a new order may use; below 0 when positions have outgrown the cash."""
        return Paise(self.cash_paise + self.collateral_paise - self.utilised_paise)


def funds_of(
    balances: Mapping[LedgerAccount, Paise],
    blocked: Blocked,
    pnl: Pnl,
    *,
    opening_paise: Paise,
    orders_paise: Paise = _NOTHING,
) -> Funds:
    """Return the funds of an account.

    balances: `journal.balances` of all its postings. pnl: of all its positions at the market.
    orders_paise: what open orders need. opening_paise: cash at the start of the day.
    """
    cash = balances.get(LedgerAccount.CASH, 0) + balances.get(LedgerAccount.MARGIN, 0)
    m2m = sum(leg.amounts.unrealised_paise for leg in pnl.legs if leg.is_marked_to_market)
    return Funds(
        opening_paise=opening_paise,
        cash_paise=Paise(cash),
        span_paise=blocked.span_paise,
        exposure_paise=Paise(blocked.exposure_paise - blocked.hedged_paise),
        equity_paise=blocked.equity_paise,
        orders_paise=orders_paise,
        m2m_paise=Paise(m2m),
    )

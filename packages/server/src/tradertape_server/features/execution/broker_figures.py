"""What a broker says an account has: its funds, and its units of each instrument and product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tradertape_brokers import errors as broker
from tradertape_brokers.portfolio import Margin, PortfolioPort, PositionKind
from tradertape_core.ledger.drift import Place, quantity_at, with_delivered
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFigures:
    """What the broker says an account has, read at `at`. net: units below 0 are short; shares in
    the holdings count, settled or not. has_holdings: whether those could be read."""

    at: datetime
    margins: tuple[Margin, ...]
    net: Mapping[Place, int]
    has_holdings: bool = True

    def quantity(self, place: Place) -> int:
        """Units of an instrument and product; of delivered shares those of both exchanges."""
        return quantity_at(self.net, place)


def read_figures(portfolio: PortfolioPort, now: datetime) -> BrokerFigures:
    """Read what an account has. Raises BrokerError."""
    net, holdings = _net_positions(portfolio), _holdings(portfolio)
    return BrokerFigures(
        at=now,
        margins=tuple(portfolio.margins()),
        net=net if holdings is None else with_delivered(net, holdings),
        has_holdings=holdings is not None,
    )


def _net_positions(portfolio: PortfolioPort) -> dict[Place, int]:
    net: dict[Place, int] = {}
    for one in portfolio.positions():
        if one.kind is PositionKind.NET:
            place = (f"{one.exchange}:{one.tradingsymbol}", one.product)
            net[place] = net.get(place, 0) + one.quantity
    return net


def _holdings(portfolio: PortfolioPort) -> dict[Place, int] | None:
    """Delivered shares, settled, unsettled and pledged; None where they cannot be read now."""
    try:
        found = portfolio.holdings()
    except broker.SessionExpired:
        raise
    except broker.BrokerError as error:
        logger.warning("holdings at a broker not read", reason=str(error))
        return None
    held: dict[Place, int] = {}
    for one in found:
        place = (f"{one.exchange}:{one.tradingsymbol}", one.product)
        held[place] = held.get(place, 0) + one.total_quantity
    return held

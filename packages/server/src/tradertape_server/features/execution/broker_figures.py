"""What a broker says an account has: its funds, and its units of each instrument and product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from tradertape_brokers import errors as broker
from tradertape_brokers.portfolio import Holding, Margin, PortfolioPort, Position, PositionKind
from tradertape_core.ledger.drift import (
    DELIVERED,
    Place,
    place_name,
    quantity_at,
    with_delivered,
)
from tradertape_server.platform.logging import get_logger

logger = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFigures:
    """What the broker says an account has, read at `at`. net: units below 0 are short; shares in
    the holdings count, settled or not. has_holdings: whether those could be read. averages: what
    delivered shares have cost each, rupees, by `place_name`."""

    at: datetime
    margins: tuple[Margin, ...]
    net: Mapping[Place, int]
    has_holdings: bool = True
    averages: Mapping[Place, Decimal] = field(default_factory=dict[Place, Decimal])

    def quantity(self, place: Place) -> int:
        """Units of an instrument and product; of delivered shares those of both exchanges."""
        return quantity_at(self.net, place)


def read_figures(portfolio: PortfolioPort, now: datetime) -> BrokerFigures:
    """Read what an account has. Raises BrokerError."""
    positions = [one for one in portfolio.positions() if one.kind is PositionKind.NET]
    holdings = _holdings(portfolio)
    net = _units((one, one.quantity) for one in positions)
    if holdings is None:
        margins = tuple(portfolio.margins())
        return BrokerFigures(at=now, margins=margins, net=net, has_holdings=False)
    held = _units((one, one.total_quantity) for one in holdings)
    return BrokerFigures(
        at=now,
        margins=tuple(portfolio.margins()),
        net=with_delivered(net, held),
        averages=_averages(holdings, positions),
    )


def _units(of: Iterable[tuple[Holding | Position, int]]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for one, units in of:
        place = (f"{one.exchange}:{one.tradingsymbol}", one.product)
        found[place] = found.get(place, 0) + units
    return found


def _averages(holdings: Sequence[Holding], positions: Sequence[Position]) -> dict[Place, Decimal]:
    """What delivered shares have cost each, those bought today among them."""
    bought = [(one, one.quantity) for one in positions if one.quantity > 0]
    units: dict[Place, int] = {}
    costs: dict[Place, Decimal] = {}
    for one, quantity in [*((one, one.total_quantity) for one in holdings), *bought]:
        name = place_name((f"{one.exchange}:{one.tradingsymbol}", one.product))
        if name[1] in DELIVERED:
            units[name] = units.get(name, 0) + quantity
            costs[name] = costs.get(name, Decimal(0)) + one.average_price * quantity
    return {name: costs[name] / count for name, count in units.items() if count > 0}


def _holdings(portfolio: PortfolioPort) -> Sequence[Holding] | None:
    """Delivered shares, settled, unsettled and pledged; None where they cannot be read now."""
    try:
        return portfolio.holdings()
    except broker.SessionExpired:
        raise
    except broker.BrokerError as error:
        logger.warning("holdings at a broker not read", reason=str(error))
        return None

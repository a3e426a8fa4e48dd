"""What the broker has, as the cloud may see it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from tradertape_agent.privacy.modes import Mode, Privacy
from tradertape_agent.privacy.scale import PLAIN, Scale
from tradertape_agent.privacy.sealing import sealed
from tradertape_brokers.portfolio import Holding, Margin, Position

Row = dict[str, Any]
_STEPS: Final = tuple(Decimal(text) for text in ("0.1", "0.2", "0.5", "1", "2", "5", "10", "20"))
_HUNDRED: Final = Decimal(100)
_PRICE_STEP: Final = Decimal("0.0001")
_PAISA: Final = Decimal("0.01")


def holdings_document(
    holdings: Sequence[Holding], margins: Sequence[Margin], privacy: Privacy
) -> Row:
    """Return the members of `sync-holdings` that tell of holdings and funds."""
    scale = privacy.shown()
    found: Row = {"scaled": scale.is_scaled, "factor_id": scale.factor_id}
    if privacy.mode is Mode.COARSE:
        return {**found, "holdings": weights(holdings), "margins": {}}
    if privacy.mode is Mode.SEALED:
        real = [_holding(one, PLAIN) for one in holdings]
        exact = {"holdings": real, "margins": _margins(margins, PLAIN)}
        return {
            **found, "holdings": [], "margins": {}, "sealed": sealed(exact, privacy.factor.seal_key)
        }  # fmt: skip
    rows = [_holding(one, scale) for one in holdings]
    return {**found, "holdings": rows, "margins": _margins(margins, scale)}


def positions_document(positions: Sequence[Position], privacy: Privacy) -> Row:
    """Return the members of `sync-positions` that tell of positions.

    Derivatives are left out where figures are scaled: their lots are public, so that a scaled
    quantity tells the factor. Sealed documents have all of them, real; coarse ones have none.
    """
    scale = privacy.shown()
    found: Row = {"scaled": scale.is_scaled, "factor_id": scale.factor_id}
    if privacy.mode is Mode.COARSE:
        return {**found, "positions": []}
    if privacy.mode is Mode.SEALED:
        exact = {"positions": [_position(one, PLAIN) for one in positions]}
        return {**found, "positions": [], "sealed": sealed(exact, privacy.factor.seal_key)}
    shown = [one for one in positions if not (scale.is_scaled and _is_derivative(one))]
    return {**found, "positions": [_position(one, scale) for one in shown]}


def weights(holdings: Sequence[Holding]) -> list[Row]:
    """Return holdings as percentages of all, rounded so far that one share more does not show."""
    total = sum((one.value for one in holdings), Decimal(0))
    if not total:
        return []
    one_share = max(one.last_price for one in holdings) / total * _HUNDRED
    step = next((one for one in _STEPS if one > one_share), _STEPS[-1])
    return [
        {
            "symbol": one.tradingsymbol,
            "exchange": one.exchange,
            "isin": one.isin or None,
            "quantity": (one.value / total * _HUNDRED / step).quantize(Decimal(1)) * step,
        }
        for one in holdings
    ]


def _is_derivative(position: Position) -> bool:
    return position.exchange in ("NFO", "BFO", "MCX", "CDS")


def _holding(one: Holding, scale: Scale) -> Row:
    return {
        "symbol": one.tradingsymbol,
        "exchange": one.exchange,
        "isin": one.isin or None,
        "quantity": scale.to_cloud(one.quantity),
        "t1_quantity": scale.to_cloud(one.t1_quantity),
        "pledged_quantity": scale.to_cloud(one.pledged_quantity),
        "average_price": scale.price_to_cloud(_price(one.average_price)),
        "last_price": scale.price_to_cloud(_price(one.last_price)),
        "invested": scale.to_cloud(_amount(one.invested)),
        "value": scale.to_cloud(_amount(one.value)),
        "pnl": scale.to_cloud(_amount(one.pnl)),
    }


def _position(one: Position, scale: Scale) -> Row:
    return {
        "symbol": one.tradingsymbol,
        "exchange": one.exchange,
        "product": one.product.value,
        "quantity": scale.to_cloud(one.quantity),
        "average_price": scale.price_to_cloud(_price(one.average_price)),
        "last_price": scale.price_to_cloud(_price(one.last_price)),
        "pnl": scale.to_cloud(_amount(one.pnl)),
    }


def _margins(margins: Sequence[Margin], scale: Scale) -> Row:
    def total(name: str) -> Decimal:
        return scale.to_cloud(sum((_amount(getattr(one, name)) for one in margins), Decimal(0)))

    names = ("available_cash", "available_margin", "used_margin", "collateral", "net")
    return {name: total(name) for name in names} if margins else {}


def _amount(value: Decimal) -> Decimal:
    """To the paisa: finer digits would not be unscaled exactly."""
    return value.quantize(_PAISA, ROUND_HALF_EVEN)


def _price(value: Decimal) -> Decimal:
    return value.quantize(_PRICE_STEP, ROUND_HALF_EVEN)

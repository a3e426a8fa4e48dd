"""Converting a position to another product: the same units at the same cost, kept differently."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tradertape_core.kernel.money import Paise
from tradertape_core.ledger.journal import is_settled_in_cash
from tradertape_core.ledger.lots import Lot, cost_of, quantity_of, take
from tradertape_core.ledger.position import Position, roll
from tradertape_core.market.instrument import Instrument
from tradertape_core.orders.order import Product, Side
from tradertape_sandbox.exchange.accounts import Account, Carried
from tradertape_sandbox.exchange.errors import RefusalKind, Refused

_SHARES = frozenset({Product.CNC, Product.MIS, Product.MTF})
_CONTRACTS = frozenset({Product.NRML, Product.MIS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """So many units of a position, bought (or sold), from one product to another.

    is_overnight: of what was carried over, else of what was traded today.
    """

    instrument: str
    side: Side
    quantity: int
    old_product: Product
    new_product: Product
    is_overnight: bool = False


def convert(account: Account, instrument: Instrument, conversion: Conversion) -> None:
    """Move units from one position to another; what their trades were charged stays.

    Raises Refused where the account does not hold them or the products do not fit.
    """
    old = account.position(instrument.id, conversion.old_product)
    new = account.position(instrument.id, conversion.new_product)
    _check(conversion, instrument, old)
    kept, moved = _split(old.lots, conversion.quantity, oldest=conversion.is_overnight)
    old, new = roll(old, account.day), roll(new, account.day)
    cost = cost_of(moved)
    kind = instrument.instrument_type
    if is_settled_in_cash(conversion.new_product, kind):
        account.cash_paise -= cost
    if is_settled_in_cash(conversion.old_product, kind):
        account.cash_paise += cost
    lots = tuple(sorted((*new.lots, *moved), key=lambda lot: lot.at))
    account.positions[old.key] = _counted(replace(old, lots=kept), conversion, -1, cost)
    account.positions[new.key] = _counted(replace(new, lots=lots), conversion, 1, cost)
    if conversion.is_overnight:
        for key, sign in ((old.key, -1), (new.key, 1)):
            before = account.carried.get(key, Carried())
            signed = sign * _signed(conversion)
            account.carried[key] = Carried(
                before.quantity + signed, before.cost_paise + sign * cost
            )


def _check(conversion: Conversion, instrument: Instrument, old: Position) -> None:
    fitting = _CONTRACTS if instrument.is_derivative else _SHARES
    wrong = {conversion.old_product, conversion.new_product} - fitting
    if wrong or conversion.old_product is conversion.new_product:
        words = f"a position in {instrument.id} cannot be converted from "
        words += f"{conversion.old_product} to {conversion.new_product}"
        raise Refused(RefusalKind.INPUT, words)
    held = old.quantity if conversion.side is Side.BUY else -old.quantity
    if not 0 < conversion.quantity <= held:
        words = f"only {max(0, held)} of {instrument.id} can be converted, "
        raise Refused(RefusalKind.INPUT, f"{words}was {conversion.quantity}")
    if conversion.side is Side.SELL and conversion.new_product is Product.CNC:
        words = "shares sold without holding them are intraday: they cannot become CNC"
        raise Refused(RefusalKind.INPUT, words)


def _split(
    lots: tuple[Lot, ...], quantity: int, *, oldest: bool
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """The lots that stay, and the latest (or oldest) ones that make up so many units."""
    if oldest:
        moved, kept = take(lots, quantity)
        return kept, moved
    stays = abs(quantity_of(lots)) - quantity
    return take(lots, stays)


def _counted(position: Position, conversion: Conversion, sign: int, cost: int) -> Position:
    """The position with what was converted counted as bought (or sold) in it, today or before."""
    quantity, value = sign * conversion.quantity, Paise(sign * abs(cost))
    today, is_buy = position.today, conversion.side is Side.BUY
    if conversion.is_overnight:
        overnight = today.overnight_quantity + sign * _signed(conversion)
        today = replace(today, overnight_quantity=overnight)
    elif is_buy:
        today = replace(today, bought=today.bought.plus(quantity, value))
    else:
        today = replace(today, sold=today.sold.plus(quantity, value))
    if is_buy:
        return replace(position, bought=position.bought.plus(quantity, value), today=today)
    return replace(position, sold=position.sold.plus(quantity, value), today=today)


def _signed(conversion: Conversion) -> int:
    return conversion.quantity if conversion.side is Side.BUY else -conversion.quantity

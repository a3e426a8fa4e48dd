"""Reads the legs of a new option run: traded contracts on one underlying, in whole lots."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.market.instrument import Instrument
from tradertape_core.options.expiry import expires_at
from tradertape_core.orders.fields import order_problems
from tradertape_core.orders.order import Product, Side
from tradertape_core.risk.option_protection import read_option_protection
from tradertape_server.features.options.chains import ChainReader
from tradertape_server.features.workers.option_runs.documents import OptionLeg, OptionRun
from tradertape_server.features.workers.option_runs.schemas import NewOptionRun, OptionLegIn
from tradertape_server.platform.errors import ApiError


def read_option_run(reader: ChainReader, wanted: NewOptionRun) -> OptionRun:
    """Look up the contracts of a new option run.

    Underlying and expiry (the nearest) follow from the legs. Raises InvalidDocument with every
    problem found.
    """
    problems: list[Problem] = []
    legs: list[OptionLeg] = []
    for index, leg in enumerate(wanted.legs):
        at = f"/legs/{index}"
        found = _contract(reader, leg, at, problems)
        if found is not None:
            legs.append(_leg(leg, found, wanted.product))
            problems += _against(leg, found, reader.now, at)
            problems += order_problems(legs[-1].order, at=at)
    problems += _together(legs)
    if problems:
        raise InvalidDocument(problems)
    legs = _named(legs)
    if wanted.protection is not None:
        read_option_protection(wanted.protection, [leg.leg_id for leg in legs])
    return OptionRun(
        strategy_name=wanted.strategy_name,
        product=Product(wanted.product),
        underlying=legs[0].underlying,
        expiry=min(leg.expiry for leg in legs),
        legs=tuple(legs),
        protection=wanted.protection,
    )


def _contract(
    reader: ChainReader, leg: OptionLegIn, at: str, problems: list[Problem]
) -> Instrument | None:
    try:
        found = reader.find(exchange=leg.exchange, tradingsymbol=leg.tradingsymbol, token=None)
    except ApiError as unknown:
        problems.append(Problem(f"{at}/tradingsymbol", unknown.detail))
        return None
    if not found.is_derivative:
        problems.append(
            Problem(f"{at}/tradingsymbol", f"{found.id} is neither an option nor a future")
        )
        return None
    return found


def _leg(leg: OptionLegIn, found: Instrument, product: str) -> OptionLeg:
    return OptionLeg(
        leg_id=leg.leg_id or "",
        instrument=found.id,
        instrument_token=found.instrument_token,
        underlying=found.underlying or found.name,
        expiry=found.expiry or date.max,
        strike=found.strike,
        option_type=found.option_type,
        lot_size=found.lot_size,
        freeze_quantity=found.freeze_quantity,
        side=Side(leg.transaction_type),
        quantity=leg.quantity,
        product=Product(leg.product or product),
        order_type=leg.order_type,
        price=_decimal(leg.price),
        trigger_price=_decimal(leg.trigger_price),
        market_protection=_decimal(leg.market_protection),
        metadata=leg.metadata,
    )


def _against(leg: OptionLegIn, found: Instrument, now: datetime, at: str) -> list[Problem]:
    problems: list[Problem] = []
    if leg.instrument_token not in (None, found.instrument_token):
        message = f"{found.id} has the token {found.instrument_token}"
        problems.append(Problem(f"{at}/instrument_token", message))
    if leg.quantity % found.lot_size:
        message = f"must be a multiple of {found.lot_size}, was {leg.quantity}"
        problems.append(Problem(f"{at}/quantity", message))
    if found.expiry is not None and expires_at(found.expiry) <= now:
        problems.append(Problem(f"{at}/tradingsymbol", f"{found.id} expired on {found.expiry}"))
    if leg.exit_order_type not in (None, "MARKET") or leg.exit_price:
        message = (
            "exits are market orders with protection: an open order would leave half a strategy"
        )
        problems.append(Problem(f"{at}/exit_order_type", message))
    return problems


def _together(legs: Sequence[OptionLeg]) -> list[Problem]:
    problems: list[Problem] = []
    underlyings = sorted({leg.underlying for leg in legs})
    if len(underlyings) > 1:
        message = f"must be on one underlying, were on {', '.join(underlyings)}"
        problems.append(Problem("/legs", message))
    for name, count in Counter(leg.instrument for leg in legs).items():
        if count > 1:
            problems.append(Problem("/legs", f"{name} is in {count} legs: combine them into one"))
    for name, count in Counter(leg.leg_id for leg in legs if leg.leg_id).items():
        if count > 1:
            problems.append(Problem("/legs", f"leg_id {name} is given {count} times"))
    return problems


def _named(legs: Sequence[OptionLeg]) -> list[OptionLeg]:
    """Give an id to every leg without one."""
    return [
        leg if leg.leg_id else replace(leg, leg_id=f"leg_{secrets.token_hex(4)}") for leg in legs
    ]


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))

"""Resolve a description, such as "the at-the-money call of this week", to a contract.

The server selects; these functions build the request and turn the answer into legs with their lot
sizes. Nothing is placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from kite_algo_worker.exceptions import KiteAlgoWorkerError
from kite_algo_worker.models.base import JsonDict
from kite_algo_worker.options.models import OptionExecutionLeg, SpreadLegSelection, SpreadSpec

__all__ = [
    "SpreadSpec",
    "resolve_delta_leg",
    "resolve_offset_leg",
    "resolve_option_contracts",
    "resolve_option_leg",
    "resolve_spread",
]


class _Options(Protocol):
    def resolve_contracts(self, underlying: str, payload: dict[str, Any]) -> dict[str, Any]: ...


def resolve_option_contracts(
    options_client: _Options, *, underlying: str, selection_payload: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the contracts of a selection, in its order; empty if none matches.

    selection_payload: `{"expiry": "current_week", "legs": [selection, ...]}`.
    """
    return contracts_of(options_client.resolve_contracts(underlying, dict(selection_payload)))


def resolve_option_leg(
    options_client: _Options,
    *,
    underlying: str,
    product: str,
    expiry: str,
    selection: Mapping[str, Any],
    transaction_type: str,
    lots: int = 1,
    order_type: str = "MARKET",
    price: float | None = None,
    trigger_price: float | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> OptionExecutionLeg:
    """Return the leg of one selection, `{"option_type": "CE", "strike": 25000}`.

    lots: at least 1; the quantity is lots times the contract's lot size. Prices are rupees. Raises
    KiteAlgoWorkerError with status 422 if no contract matches or its lot size is unknown.

    ```python
    leg = resolve_option_leg(
        client.options, underlying="NIFTY", product="MIS", expiry="current_week",
        selection={"option_type": "CE", "strike": 25000}, transaction_type="BUY",
    )
    ```
    """
    wanted = SpreadLegSelection(
        selection=dict(selection),
        transaction_type=transaction_type,
        lots=lots,
        order_type=order_type,
        price=price,
        trigger_price=trigger_price,
        metadata=dict(metadata or {}),
    )
    answer = options_client.resolve_contracts(underlying, selection_request(expiry, [wanted]))
    return only_leg_of(contracts_of(answer), wanted, product, f"{underlying} {expiry}")


def resolve_offset_leg(
    options_client: _Options,
    *,
    underlying: str,
    product: str,
    expiry: str,
    option_type: str,
    offset: str,
    transaction_type: str,
    lots: int = 1,
    order_type: str = "MARKET",
    price: float | None = None,
    trigger_price: float | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> OptionExecutionLeg:
    """Return the leg at a distance from the money: offset `ATM`, `OTM1`, `ITM2`, `+1_strike` …

    Other arguments and errors as `resolve_option_leg`.
    """
    return resolve_option_leg(
        options_client,
        underlying=underlying,
        product=product,
        expiry=expiry,
        selection={"option_type": option_type, "offset": offset},
        transaction_type=transaction_type,
        lots=lots,
        order_type=order_type,
        price=price,
        trigger_price=trigger_price,
        metadata=metadata,
    )


def resolve_delta_leg(
    options_client: _Options,
    *,
    underlying: str,
    product: str,
    expiry: str,
    option_type: str,
    delta_target: float,
    transaction_type: str,
    lots: int = 1,
    order_type: str = "MARKET",
    price: float | None = None,
    trigger_price: float | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> OptionExecutionLeg:
    """Return the leg with the delta nearest to `delta_target`, 0 to 1, sign ignored.

    Other arguments and errors as `resolve_option_leg`.
    """
    return resolve_option_leg(
        options_client,
        underlying=underlying,
        product=product,
        expiry=expiry,
        selection={"option_type": option_type, "delta_target": delta_target},
        transaction_type=transaction_type,
        lots=lots,
        order_type=order_type,
        price=price,
        trigger_price=trigger_price,
        metadata=metadata,
    )


def resolve_spread(
    options_client: _Options, *, underlying: str, product: str, spec: SpreadSpec
) -> list[OptionExecutionLeg]:
    """Return the legs of a spread, in its order, from one request.

    Raises KiteAlgoWorkerError with status 422 if fewer contracts match than it has legs.
    """
    answer = options_client.resolve_contracts(underlying, selection_request(spec.expiry, spec.legs))
    return legs_of(contracts_of(answer), spec, product, underlying)


# --- shared by the sync and the asyncio client ----------------------------------------------------


def selection_request(expiry: str, legs: Iterable[SpreadLegSelection]) -> JsonDict:
    """Return the request for a contract of each leg."""
    return {"expiry": expiry, "legs": [dict(leg.selection) for leg in legs]}


def contracts_of(answer: Mapping[str, Any]) -> list[JsonDict]:
    """Return the contracts of an answer, in the order of the selections."""
    found: Any = answer.get("resolved")
    if found is None:
        found = answer.get("contracts")
    return [dict(one) for one in cast("list[JsonDict]", found or [])]


def only_leg_of(
    found: list[JsonDict], wanted: SpreadLegSelection, product: str, where: str
) -> OptionExecutionLeg:
    """Return the leg of the first contract; its metadata says how it was resolved."""
    if not found:
        raise _unresolved(f"no contract of {where} matches {wanted.selection}")
    how = {name: found[0].get(name) for name in ("resolver", "resolution_meta")}
    detail = {name: value for name, value in how.items() if value is not None}
    return leg_of(found[0], replace(wanted, metadata={**detail, **wanted.metadata}), product)


def legs_of(
    found: list[JsonDict], spec: SpreadSpec, product: str, underlying: str
) -> list[OptionExecutionLeg]:
    """Return the legs of a spread, one contract each."""
    if len(found) < len(spec.legs):
        raise _unresolved(
            f"{len(found)} of the {len(spec.legs)} legs of {spec.spread_type} have a contract of "
            f"{underlying} {spec.expiry}"
        )
    return [leg_of(contract, leg, product) for contract, leg in zip(found, spec.legs)]


def leg_of(
    contract: Mapping[str, Any], wanted: SpreadLegSelection, product: str
) -> OptionExecutionLeg:
    """Return the leg of a resolved contract."""
    lot_size = int(contract.get("lot_size") or 0)
    if lot_size <= 0:
        name = contract.get("tradingsymbol") or "the contract"
        raise _unresolved(f"the lot size of {name} is unknown")
    return OptionExecutionLeg(
        tradingsymbol=str(contract.get("tradingsymbol") or ""),
        transaction_type=wanted.transaction_type,
        quantity=lot_size * wanted.lots,
        product=product,
        instrument_token=contract.get("instrument_token"),
        strike=contract.get("strike"),
        option_type=contract.get("option_type"),
        expiry_key=contract.get("expiry_key"),
        ltp=contract.get("ltp"),
        lot_size=lot_size,
        lots=wanted.lots,
        order_type=wanted.order_type,
        price=wanted.price,
        trigger_price=wanted.trigger_price,
        metadata=dict(wanted.metadata),
    )


def _unresolved(why: str) -> KiteAlgoWorkerError:
    return KiteAlgoWorkerError(why, status_code=422, code="option_unresolved")

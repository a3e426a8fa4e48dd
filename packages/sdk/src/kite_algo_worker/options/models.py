"""Option legs, spreads, and the requests of option runs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from kite_algo_worker.models.base import JsonDict, Model

Made = TypeVar("Made", bound=Model)
_WORDS = ("tradingsymbol", "transaction_type", "exchange", "product", "option_type", "order_type")


def new_leg_id() -> str:
    """Return a new leg id, such as `leg_1a2b3c4d`."""
    return f"leg_{secrets.token_hex(4)}"


def _to_upper_case(model: Any, *names: str) -> None:
    for name in names:
        value = getattr(model, name)
        if value is not None:
            object.__setattr__(model, name, str(value).strip().upper())


@dataclass(frozen=True)
class OptionExpirySnapshot(Model):
    """Expiries of an underlying, nearest first, as `YYYY-MM-DD`; spot in rupees."""

    underlying: str
    expiries: list[str] = field(default_factory=list[str])
    spot_ltp: float | None = None
    updated_at: str | None = None
    raw: JsonDict = field(default_factory=JsonDict, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        _to_upper_case(self, "underlying")


@dataclass(frozen=True)
class OptionEntryPreviewRequest(Model):
    """The orders of an entry preview."""

    strategy_run_id: str
    orders: list[JsonDict] = field(default_factory=list[JsonDict])
    metadata: JsonDict = field(default_factory=JsonDict)
    all_or_none: bool = False


@dataclass(frozen=True)
class OptionExecutionLeg(Model):
    """One leg of an option run: `quantity` units, which are `lots` times `lot_size`.

    strike, ltp, price, trigger_price, exit_price: rupees. order_type, exit_order_type: as in
    orders. Texts become upper case; a leg without an id gets one.
    """

    leg_id: str | None = None
    tradingsymbol: str = ""
    transaction_type: str = ""
    quantity: int = 0
    exchange: str = "NFO"
    product: str | None = None
    instrument_token: int | None = None
    strike: float | None = None
    option_type: str | None = None
    expiry_key: str | None = None
    ltp: float | None = None
    lot_size: int | None = None
    lots: int | None = None
    order_type: str = "MARKET"
    price: float | None = None
    trigger_price: float | None = None
    market_protection: float | None = None
    exit_order_type: str | None = None
    exit_price: float | None = None
    metadata: JsonDict = field(default_factory=JsonDict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _to_upper_case(self, *_WORDS, "exit_order_type")
        object.__setattr__(self, "leg_id", self.leg_id or new_leg_id())

    @classmethod
    def model_validate(cls: type[Made], payload: Any) -> Made:
        """Return the leg of a dict; `variety`, which `option_leg(...)` adds, is ignored.

        Raises TypeError for an unknown key.
        """
        if isinstance(payload, Mapping):
            fields = cast("Mapping[str, Any]", payload)
            payload = {key: value for key, value in fields.items() if key != "variety"}
        return super().model_validate(payload)  # type: ignore[misc]


@dataclass(frozen=True)
class OptionRunCreateRequest(Model):
    """The request for a new option run; legs without a product get the run's."""

    strategy_name: str
    product: str
    legs: list[OptionExecutionLeg] = field(default_factory=list[OptionExecutionLeg])
    protection: JsonDict | None = None
    metadata: JsonDict = field(default_factory=JsonDict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _to_upper_case(self, "product")
        legs = [leg if leg.product else replace(leg, product=self.product) for leg in self.legs]
        object.__setattr__(self, "legs", legs)


@dataclass(frozen=True)
class OptionRunActionRequest(Model):
    """The request to enter or exit an option run."""

    mode: str | None = None
    execution_mode: str | None = None
    account_scope: str | None = None
    all_or_none: bool = False
    idempotency_key: str | None = None
    metadata: JsonDict = field(default_factory=JsonDict)
    order_results: list[JsonDict] | None = None
    trade_results: list[JsonDict] | None = None
    safety_token: str | None = None


@dataclass(frozen=True)
class SpreadLegSelection(Model):
    """The contract of a spread's leg, and how to trade it.

    selection: `option_type` (`CE`, `PE`) with `strike`, `offset`, `delta_target` or `moneyness`.
    """

    selection: JsonDict = field(default_factory=JsonDict)
    transaction_type: str = ""
    lots: int = 1
    order_type: str = "MARKET"
    price: float | None = None
    trigger_price: float | None = None
    metadata: JsonDict = field(default_factory=JsonDict)

    def __post_init__(self) -> None:
        super().__post_init__()
        _to_upper_case(self, "transaction_type", "order_type")
        object.__setattr__(self, "lots", max(1, self.lots))


@dataclass(frozen=True)
class SpreadSpec(Model):
    """A spread to resolve. expiry: `YYYY-MM-DD`, `nearest`, `current_week` and the like."""

    spread_type: str
    expiry: str
    legs: list[SpreadLegSelection] = field(default_factory=list[SpreadLegSelection])

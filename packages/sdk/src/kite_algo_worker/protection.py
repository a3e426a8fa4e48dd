"""Protections that the server enforces: exits at a loss, at a target, on a silent worker.

Percentages are of the entry price (a position) or of the value at entry (the basket).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from kite_algo_worker.exceptions import InvalidInputError

__all__ = ["BackendProtection", "BasketProtection", "OperationalProtection", "ProtectedPosition"]

VALID_PRODUCTS = {"CNC", "MIS", "NRML"}
VALID_SIDES = {"BUY", "SELL"}
_STALE_S = (30, 86_400)
_BUFFER_S = (0, 3_600)


@dataclass(frozen=True)
class ProtectedPosition:
    """A position with its stop-loss, target or trailing stop-loss, in percent of its entry price.

    side: the side it was entered with. entry_price: rupees. Name it by `symbol` (`NSE:INFY`) or
    `instrument_token`. Raises InvalidInputError for values out of range.
    """

    product: str
    side: str
    quantity: int
    entry_price: float
    symbol: str | None = None
    instrument_token: int | None = None
    exchange: str | None = None
    tradingsymbol: str | None = None
    stoploss_pct: float | None = None
    target_pct: float | None = None
    trailing_stoploss_pct: float | None = None

    def __post_init__(self) -> None:
        _set(self, "product", _one_of("product", self.product, VALID_PRODUCTS))
        _set(self, "side", _one_of("side", self.side, VALID_SIDES))
        _set(self, "quantity", _above_zero("quantity", int(self.quantity)))
        _set(self, "entry_price", _above_zero("entry_price", float(self.entry_price)))
        if self.symbol is not None:
            _set(self, "symbol", "".join(str(self.symbol).split()).upper() or None)
        for name in ("exchange", "tradingsymbol"):
            value = getattr(self, name)
            _set(self, name, None if value is None else str(value).strip().upper())
        if self.instrument_token is not None:
            _set(self, "instrument_token", int(self.instrument_token))
        if self.symbol is None and self.instrument_token is None:
            raise InvalidInputError("ProtectedPosition requires symbol or instrument_token")
        _percentages(self, "stoploss_pct", "target_pct", "trailing_stoploss_pct")

    def to_dict(self) -> dict[str, Any]:
        """Return the position as it is sent."""
        return _given(self)


@dataclass(frozen=True)
class BasketProtection:
    """Stop-loss, target and trailing of all positions together, in percent of their entry value.

    Trailing starts at a profit of `trailing_activate_pct` and exits when the profit falls by
    `trailing_drawdown_pct` from its best. Raises InvalidInputError for values out of range.
    """

    stoploss_pct: float | None = None
    target_pct: float | None = None
    trailing_activate_pct: float | None = None
    trailing_drawdown_pct: float | None = None

    def __post_init__(self) -> None:
        if self.trailing_activate_pct is not None:
            activate = float(self.trailing_activate_pct)
            _set(self, "trailing_activate_pct", _above_zero("trailing_activate_pct", activate))
        _percentages(self, "stoploss_pct", "target_pct", "trailing_drawdown_pct")
        if self.trailing_drawdown_pct is not None and self.trailing_activate_pct is None:
            raise InvalidInputError("trailing_drawdown_pct requires trailing_activate_pct")

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as they are sent."""
        return _given(self)


@dataclass(frozen=True)
class OperationalProtection:
    """Exit the run when the worker is silent, square intraday positions off before the close.

    worker_stale_sec: 30 to 86400 seconds of silence. mis_squareoff_buffer_sec: 0 to 3600 seconds
    before the exchange's own time. Raises InvalidInputError for values out of range.
    """

    exit_on_worker_stale: bool = False
    worker_stale_sec: int | None = None
    mis_squareoff_buffer_sec: int | None = None

    def __post_init__(self) -> None:
        _set(self, "exit_on_worker_stale", bool(self.exit_on_worker_stale))
        if self.exit_on_worker_stale and self.worker_stale_sec is None:
            raise InvalidInputError(
                "worker_stale_sec is required when exit_on_worker_stale is enabled"
            )
        for name, limits in (
            ("worker_stale_sec", _STALE_S),
            ("mis_squareoff_buffer_sec", _BUFFER_S),
        ):
            if getattr(self, name) is not None:
                _set(self, name, _between(name, int(getattr(self, name)), limits))

    def has_rules(self) -> bool:
        """Whether any rule is set."""
        return self.exit_on_worker_stale or self.mis_squareoff_buffer_sec is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as they are sent."""
        given = _given(self)
        if not self.exit_on_worker_stale:
            del given["exit_on_worker_stale"]
        return given


@dataclass(frozen=True)
class BackendProtection:
    """The protection of a run. The parts may be plain dicts.

    version: the worker's own number of it. Raises InvalidInputError if it is enabled without a
    rule.
    """

    positions: list[ProtectedPosition] = field(default_factory=list[ProtectedPosition])
    basket: BasketProtection | None = None
    operations: OperationalProtection | None = None
    enabled: bool = True
    mode: str = "exposure"
    version: int = 1

    def __post_init__(self) -> None:
        positions = [_part(ProtectedPosition, one) for one in self.positions]
        _set(self, "positions", positions)
        _set(self, "basket", _part(BasketProtection, self.basket))
        _set(self, "operations", _part(OperationalProtection, self.operations))
        _set(self, "mode", str(self.mode or "").strip() or "exposure")
        _set(self, "version", int(self.version))
        if self.version < 1:
            raise InvalidInputError("version must be >= 1")
        operates = self.operations is not None and self.operations.has_rules()
        if self.enabled and not (positions or self.basket is not None or operates):
            raise InvalidInputError(
                "enabled backend protection requires at least one rules object: "
                "positions, basket or operations"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the protection as it is sent."""
        sent: dict[str, Any] = {
            "enabled": self.enabled,
            "mode": self.mode,
            "version": self.version,
        }
        if self.positions:
            sent["positions"] = [position.to_dict() for position in self.positions]
        if self.basket is not None:
            sent["basket"] = self.basket.to_dict()
        if self.operations is not None:
            sent["operations"] = self.operations.to_dict()
        return {name: value for name, value in sent.items() if value != {}}


def _set(frozen: object, name: str, value: Any) -> None:
    object.__setattr__(frozen, name, value)


def _given(rules: object) -> dict[str, Any]:
    return {name: value for name, value in vars(rules).items() if value is not None}


def _part(kind: type[Any], value: Any) -> Any:
    return kind(**cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else value


def _one_of(name: str, value: Any, words: set[str]) -> str:
    word = str(value).strip().upper()
    if word not in words:
        raise InvalidInputError(f"{name} must be one of {sorted(words)}, was {value!r}")
    return word


def _above_zero(name: str, value: Any) -> Any:
    if not value > 0:  # NaN is not above zero either
        raise InvalidInputError(f"{name} must be > 0, was {value}")
    return value


def _between(name: str, value: int, limits: tuple[int, int]) -> int:
    low, high = limits
    if not low <= value <= high:
        raise InvalidInputError(f"{name} must be between {low} and {high} seconds, was {value}")
    return value


def _percentages(rules: object, *names: str) -> None:
    given = {name: getattr(rules, name) for name in names if getattr(rules, name) is not None}
    if not given:
        kind = type(rules).__name__
        raise InvalidInputError(
            f"{kind} requires at least one protection percentage: {', '.join(names)}"
        )
    for name, value in given.items():
        _set(rules, name, _above_zero(name, float(value)))

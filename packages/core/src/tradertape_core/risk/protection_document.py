"""What a worker asks the platform to watch: the protection document, read with every rule.

Percentages are of the entry price (positions) or of the entry value of the protected legs
(basket). None has an upper limit but the stop of a purchase: 100 % below it nothing trades. (A
target as far below a short sale never fires either, and does no harm.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from tradertape_core.kernel.errors import InvalidDocument, Problem
from tradertape_core.kernel.python310 import StrEnum
from tradertape_core.orders.order import Product, Side
from tradertape_core.orders.reading import LARGEST_QUANTITY, Fields, nearest, shown

DEFAULT_MODE = "exposure"
SHORTEST_STALE_S, LONGEST_STALE_S = 30, 86_400
LONGEST_BUFFER_S = 3_600
MOST_POSITIONS = 500
_WHOLE_PRICE = Decimal(100)  # percent
_LARGEST_TOKEN = 2**63 - 1

_POSITION = (
    "product",
    "side",
    "quantity",
    "entry_price",
    "symbol",
    "instrument_token",
    "exchange",
    "tradingsymbol",
    "stoploss_pct",
    "target_pct",
    "trailing_stoploss_pct",
)
_BASKET = ("stoploss_pct", "target_pct", "trailing_activate_pct", "trailing_drawdown_pct")
_OPERATIONS = ("exit_on_worker_stale", "worker_stale_sec", "mis_squareoff_buffer_sec")
_WHOLE = ("positions", "basket", "operations", "enabled", "mode", "version")


class Basis(StrEnum):
    """What a basket's percentages are of."""

    ENTRY_VALUE = "entry_value"  # every leg's price times its units
    PREMIUM = "premium"  # what the legs cost or brought in together


class _Carried(StrEnum):
    """Products that can be protected; margin funding is not among them."""

    CNC = "CNC"
    MIS = "MIS"
    NRML = "NRML"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedPosition:
    """One position to watch. `side` is the one it was entered by; prices in rupees."""

    product: Product
    side: Side
    quantity: int
    entry_price: Decimal
    symbol: str | None = None
    instrument_token: int | None = None
    exchange: str | None = None
    tradingsymbol: str | None = None
    stoploss_pct: Decimal | None = None
    target_pct: Decimal | None = None
    trailing_stoploss_pct: Decimal | None = None

    @property
    def instrument(self) -> str | None:
        """The id it names (`NSE:INFY`); None when only a token or a bare symbol is given."""
        if self.exchange and self.tradingsymbol:
            return f"{self.exchange}:{self.tradingsymbol}"
        if self.symbol and ":" in self.symbol:
            return self.symbol
        return f"{self.exchange}:{self.symbol}" if self.exchange and self.symbol else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketProtection:
    """Rules on the profit of all protected legs together, in percent of the basis.

    Without `trailing_activate_pct` trailing begins at once.
    """

    stoploss_pct: Decimal | None = None
    target_pct: Decimal | None = None
    trailing_activate_pct: Decimal | None = None
    trailing_drawdown_pct: Decimal | None = None
    basis: Basis = Basis.ENTRY_VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationalProtection:
    """Rules on the worker and the clock."""

    exit_on_worker_stale: bool = False
    worker_stale_sec: int | None = None
    mis_squareoff_buffer_sec: int | None = None

    @property
    def has_rules(self) -> bool:
        """Whether any operational rule is on."""
        return self.exit_on_worker_stale or self.mis_squareoff_buffer_sec is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendProtection:
    """The whole document."""

    positions: tuple[ProtectedPosition, ...] = ()
    basket: BasketProtection | None = None
    operations: OperationalProtection | None = None
    enabled: bool = True
    mode: str = DEFAULT_MODE
    version: int = 1


def read_protection(document: object, *, at: str = "") -> BackendProtection:
    """Return the protection a document asks for.

    at: JSON pointer of the document within the caller's, put before every pointer.
    Raises InvalidDocument with one problem for every rule that is broken.
    """
    if not isinstance(document, Mapping):
        raise InvalidDocument([Problem(at, f"must be an object, was {shown(document)}")])
    fields = Fields(cast("Mapping[str, object]", document), at)
    protection = _whole(fields)
    if fields.problems:
        raise InvalidDocument(fields.problems)
    return protection


def protection_document(protection: BackendProtection) -> dict[str, Any]:
    """The protection as JSON types, as its client writes it: what is not set is left out."""
    document: dict[str, Any] = {
        "enabled": protection.enabled,
        "mode": protection.mode,
        "version": protection.version,
    }
    if protection.positions:
        document["positions"] = [_set_members(one, _POSITION) for one in protection.positions]
    if protection.basket is not None:
        document["basket"] = _set_members(protection.basket, _BASKET)
        if protection.basket.basis is not Basis.ENTRY_VALUE:
            document["basket"]["basis"] = protection.basket.basis.value
    if protection.operations is not None:
        document["operations"] = _set_members(protection.operations, _OPERATIONS)
    return document


# --- reading --------------------------------------------------------------------------------------


def _whole(fields: Fields) -> BackendProtection:
    known_names(fields, _WHOLE)
    enabled = fields.flag("enabled") if fields.has("enabled") else True
    protection = BackendProtection(
        positions=tuple(_position(one) for one in objects_of(fields, "positions")),
        basket=_basket(fields),
        operations=operations_of(fields),
        enabled=enabled,
        mode=_mode(fields),
        version=fields.whole("version", 1, LARGEST_QUANTITY) or 1,
    )
    operations = protection.operations
    has_rules = operations is not None and operations.has_rules
    if enabled and not (protection.positions or protection.basket or has_rules or fields.problems):
        message = "needs a position, a basket rule or an operations rule; or set enabled to false"
        fields.fail("positions", message)
    return protection


def _position(fields: Fields) -> ProtectedPosition:
    known_names(fields, _POSITION)
    for name in ("product", "side", "quantity", "entry_price"):
        fields.require(name, f"{name} is required")
    if not fields.has("symbol") and not fields.has("instrument_token"):
        fields.fail("symbol", "give a symbol such as NSE:INFY, or an instrument_token")
    rules = ("stoploss_pct", "target_pct", "trailing_stoploss_pct")
    if not any(fields.has(name) for name in rules):
        fields.fail("stoploss_pct", f"needs at least one of {', '.join(rules)}")
    side = fields.choice("side", Side, Side.BUY)
    return ProtectedPosition(
        product=Product(fields.choice("product", _Carried, _Carried.MIS)),
        side=side,
        quantity=fields.whole("quantity", 1, LARGEST_QUANTITY) or 1,
        entry_price=positive(fields, "entry_price") or Decimal(1),
        symbol=fields.text("symbol").replace(" ", "").upper() or None,
        instrument_token=fields.whole("instrument_token", 1, _LARGEST_TOKEN),
        exchange=fields.text("exchange").upper() or None,
        tradingsymbol=fields.text("tradingsymbol").upper() or None,
        stoploss_pct=_stop(fields, side),
        target_pct=positive(fields, "target_pct"),
        trailing_stoploss_pct=positive(fields, "trailing_stoploss_pct"),
    )


def _stop(fields: Fields, side: Side) -> Decimal | None:
    pct = positive(fields, "stoploss_pct")
    if side is Side.BUY and pct is not None and pct >= _WHOLE_PRICE:
        message = f"must be less than 100 for a purchase, or it never triggers: was {pct:f}"
        fields.fail("stoploss_pct", message)
    return pct


def _basket(parent: Fields) -> BasketProtection | None:
    fields = object_of(parent, "basket")
    if fields is None:
        return None
    known_names(fields, (*_BASKET, "basis"))
    rules = ("stoploss_pct", "target_pct", "trailing_drawdown_pct")
    if not any(fields.has(name) for name in rules):
        fields.fail("stoploss_pct", f"needs at least one of {', '.join(rules)}")
    if fields.has("trailing_drawdown_pct"):
        message = "is required with trailing_drawdown_pct: the profit from which it trails"
        fields.require("trailing_activate_pct", message)
    basis = fields.choice("basis", Basis, Basis.ENTRY_VALUE)
    return BasketProtection(**{name: positive(fields, name) for name in _BASKET}, basis=basis)


def operations_of(parent: Fields) -> OperationalProtection | None:
    """The rules on worker and clock, from the member `operations`."""
    fields = object_of(parent, "operations")
    if fields is None:
        return None
    known_names(fields, _OPERATIONS)
    on_stale = fields.flag("exit_on_worker_stale")
    if on_stale:
        fields.require("worker_stale_sec", "is required with exit_on_worker_stale: 30 to 86400")
    return OperationalProtection(
        exit_on_worker_stale=on_stale,
        worker_stale_sec=fields.whole("worker_stale_sec", SHORTEST_STALE_S, LONGEST_STALE_S),
        mis_squareoff_buffer_sec=fields.whole("mis_squareoff_buffer_sec", 0, LONGEST_BUFFER_S),
    )


def _mode(fields: Fields) -> str:
    value = fields.source.get("mode")
    if isinstance(value, str) and not value.strip():
        return DEFAULT_MODE
    return fields.text("mode") or DEFAULT_MODE


def positive(fields: Fields, name: str) -> Decimal | None:
    """A number above zero; None where absent or wrong."""
    number = fields.number(name)
    if number is not None and number <= 0:
        fields.fail(name, f"must be positive, was {number:f}")
        return None
    return number


def known_names(fields: Fields, known: Sequence[str]) -> None:
    """Record a problem for every member that is none of these."""
    for name in fields.source:
        if name not in known:
            fields.fail(name, f"is not a field of a protection{nearest(name, known)}")


def object_of(parent: Fields, name: str) -> Fields | None:
    """A member that is an object; None where absent or wrong."""
    value = parent.source.get(name)
    if value is None:
        return None
    return child_of(parent, name, value)


def objects_of(parent: Fields, name: str) -> list[Fields]:
    """A member that is a list of objects; a problem for each that is none."""
    value = parent.source.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        parent.fail(name, f"must be a list, was {shown(value)}")
        return []
    items = cast("Sequence[object]", value)
    if len(items) > MOST_POSITIONS:
        parent.fail(name, f"must have at most {MOST_POSITIONS} members, had {len(items)}")
        return []
    found = [child_of(parent, f"{name}/{index}", item) for index, item in enumerate(items)]
    return [one for one in found if one is not None]


def child_of(parent: Fields, path: str, value: object) -> Fields | None:
    """The members of an object inside, its words trimmed and in capitals; problems are shared."""
    at = f"{parent.at}/{path}"
    if not isinstance(value, Mapping):
        parent.problems.append(Problem(at, f"must be an object, was {shown(value)}"))
        return None
    members = dict(cast("Mapping[str, object]", value))
    for name in ("product", "side"):
        word = members.get(name)
        if isinstance(word, str):
            members[name] = word.strip().upper()
    return Fields(members, at, parent.problems)


def _set_members(part: object, names: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        value = getattr(part, name)
        if value is None or value is False:
            continue
        # Percentages and prices are numbers on the wire; their shortest text reads back the same.
        found[name] = float(value) if isinstance(value, Decimal) else value
    return found

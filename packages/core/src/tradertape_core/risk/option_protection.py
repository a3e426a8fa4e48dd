"""The protection of an option run: read before the entry, made into rules at entry prices.

Limits on the whole strategy are percentages of a basis, rupees, or the combined premium of a unit;
rules on single legs are percentages of the leg's entry price. All become the one protection there
is (`protection_state`): the legs as positions, the strategy as their basket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import gcd
from typing import cast

from tradertape_core.kernel.errors import InvalidDocument, InvalidInput, Problem
from tradertape_core.orders.order import Product, Side
from tradertape_core.orders.reading import Fields, nearest, shown
from tradertape_core.risk.protection_document import (
    BackendProtection,
    Basis,
    BasketProtection,
    OperationalProtection,
    ProtectedPosition,
    known_names,
    objects_of,
    operations_of,
    positive,
)

_D = Decimal
_AT_ONCE = _D("0.0001")  # percent: of a limit that the price is past already
_LEG_RULES = ("stoploss_pct", "target_pct", "trailing_stoploss_pct")
_LIMITS = ("pct", "inr", "premium")
_TRAILING = ("trailing_stoploss_pct", "trailing_activate_pct", "trailing_drawdown_pct")
_WHOLE = (
    "enabled",
    "basis",
    *(f"stoploss_{unit}" for unit in _LIMITS),
    *(f"target_{unit}" for unit in _LIMITS),
    *_TRAILING,
    *(f"leg_{rule}" for rule in _LEG_RULES),
    "legs",
    "operations",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a profit or a loss ends. unit: pct of the basis, inr, or premium (rupees a unit)."""

    unit: str
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRules:
    """Rules on one leg, in percent of its entry price."""

    stoploss_pct: Decimal | None = None
    target_pct: Decimal | None = None
    trailing_stoploss_pct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionProtection:
    """What a worker asks for. `legs` by leg id go before `each_leg`."""

    enabled: bool = True
    basis: Basis = Basis.ENTRY_VALUE
    stoploss: Limit | None = None
    target: Limit | None = None
    trailing_activate_pct: Decimal | None = None
    trailing_drawdown_pct: Decimal | None = None
    each_leg: LegRules = field(default_factory=LegRules)
    legs: Mapping[str, LegRules] = field(default_factory=dict[str, LegRules])
    operations: OperationalProtection | None = None

    @property
    def has_basket(self) -> bool:
        """Whether the strategy as a whole has a rule."""
        return any((self.stoploss, self.target, self.trailing_drawdown_pct))


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredLeg:
    """A leg that filled: rupees a unit, units."""

    leg_id: str
    instrument: str
    product: Product
    side: Side
    quantity: int
    entry_price: Decimal

    @property
    def sign(self) -> int:
        """1 when bought, -1 when sold."""
        return 1 if self.side is Side.BUY else -1


def read_option_protection(
    document: object, leg_ids: Sequence[str], *, at: str = "/protection"
) -> OptionProtection:
    """Return the protection a document asks for.

    Raises InvalidDocument with one problem for every rule that is broken.
    """
    if not isinstance(document, Mapping):
        raise InvalidDocument([Problem(at, f"must be an object, was {shown(document)}")])
    fields = Fields(cast("Mapping[str, object]", document), at)
    known_names(fields, _WHOLE)
    activate, drawdown = _trailing(fields)
    protection = OptionProtection(
        enabled=fields.flag("enabled") if fields.has("enabled") else True,
        basis=fields.choice("basis", Basis, Basis.ENTRY_VALUE),
        stoploss=_limit(fields, "stoploss"),
        target=_limit(fields, "target"),
        trailing_activate_pct=activate,
        trailing_drawdown_pct=drawdown,
        each_leg=_leg_rules(fields, "leg_"),
        legs=_legs(fields, leg_ids),
        operations=operations_of(fields),
    )
    if protection.enabled and not (fields.problems or _has_rules(protection)):
        fields.fail("stoploss_pct", "needs a rule; or set enabled to false")
    if fields.problems:
        raise InvalidDocument(fields.problems)
    return protection


def backend_protection(
    protection: OptionProtection, legs: Sequence[EnteredLeg]
) -> BackendProtection:
    """Return the rules for legs as they were entered.

    Raises InvalidInput where percentages are of a net premium that is nil.
    """
    positions = tuple(_position(protection, leg) for leg in legs)
    basket = _basket(protection, legs) if legs and protection.has_basket else None
    operations = protection.operations
    has_operations = operations is not None and operations.has_rules
    rules = [one for one in positions if any(getattr(one, name) for name in _LEG_RULES)]
    return BackendProtection(
        positions=positions if basket or rules else (),
        basket=basket,
        operations=operations,
        enabled=protection.enabled and bool(basket or rules or has_operations),
    )


def protection_before_entry(
    protection: OptionProtection, *, at: str = "/protection"
) -> BackendProtection:
    """Return the rules that need no entry prices: percentages of the whole strategy.

    Rules on single legs, which begin with the entry, are left out.
    Raises InvalidDocument for limits in rupees or premium.
    """
    given = (("stoploss", protection.stoploss), ("target", protection.target))
    limits = {name: limit for name, limit in given if limit is not None}
    problems = [
        Problem(
            f"{at}/{name}_{limit.unit}",
            "is measured from the entry prices: give prices of every leg, or a limit in percent",
        )
        for name, limit in limits.items()
        if limit.unit != "pct"
    ]
    if problems:
        raise InvalidDocument(problems)
    percent = {f"{name}_pct": limit.value for name, limit in limits.items()}
    basket = BasketProtection(
        **percent,
        trailing_activate_pct=protection.trailing_activate_pct,
        trailing_drawdown_pct=protection.trailing_drawdown_pct,
        basis=protection.basis,
    )
    return BackendProtection(
        basket=basket if protection.has_basket else None,
        operations=protection.operations,
        enabled=protection.enabled,
    )


def entry_value(legs: Sequence[EnteredLeg]) -> Decimal:
    """Price times units of every leg, rupees."""
    return sum((leg.entry_price * leg.quantity for leg in legs), _D(0))


def net_premium(legs: Sequence[EnteredLeg]) -> Decimal:
    """What the legs cost together, rupees; below 0 when they brought in more."""
    return sum((leg.sign * leg.entry_price * leg.quantity for leg in legs), _D(0))


def base_of(legs: Sequence[EnteredLeg], basis: Basis) -> Decimal:
    """Rupees that percentages are of."""
    return entry_value(legs) if basis is Basis.ENTRY_VALUE else abs(net_premium(legs))


def units(legs: Sequence[EnteredLeg]) -> int:
    """How many times the strategy is held: 65 for a straddle of one lot of 65."""
    return gcd(*(leg.quantity for leg in legs)) or 1


# --- reading --------------------------------------------------------------------------------------


def _has_rules(protection: OptionProtection) -> bool:
    operations = protection.operations
    legs = (protection.each_leg, *protection.legs.values())
    return (
        protection.has_basket
        or (operations is not None and operations.has_rules)
        or any(getattr(leg, name) for leg in legs for name in _LEG_RULES)
    )


def _limit(fields: Fields, name: str) -> Limit | None:
    given = [unit for unit in _LIMITS if fields.has(f"{name}_{unit}")]
    if len(given) > 1:
        words = " and ".join(f"{name}_{unit}" for unit in given)
        fields.fail(f"{name}_{given[1]}", f"give one of {words}")
    found = [Limit(unit, value) for unit in given if (value := positive(fields, f"{name}_{unit}"))]
    return found[0] if found else None


def _trailing(fields: Fields) -> tuple[Decimal | None, Decimal | None]:
    """From which profit it trails (None: at once), and how far behind the peak."""
    at_once = positive(fields, "trailing_stoploss_pct")
    if fields.has("trailing_stoploss_pct"):
        for name in ("trailing_activate_pct", "trailing_drawdown_pct"):
            if fields.has(name):
                fields.fail(name, "trailing_stoploss_pct trails at once: give the one or the other")
        return None, at_once
    if fields.has("trailing_drawdown_pct"):
        message = "is required with trailing_drawdown_pct: the profit from which it trails"
        fields.require("trailing_activate_pct", message)
    elif fields.has("trailing_activate_pct"):
        fields.fail("trailing_drawdown_pct", "is required with trailing_activate_pct")
    return positive(fields, "trailing_activate_pct"), positive(fields, "trailing_drawdown_pct")


def _leg_rules(fields: Fields, prefix: str = "") -> LegRules:
    return LegRules(**{name: positive(fields, f"{prefix}{name}") for name in _LEG_RULES})


def _legs(fields: Fields, leg_ids: Sequence[str]) -> dict[str, LegRules]:
    found: dict[str, LegRules] = {}
    for leg in objects_of(fields, "legs"):
        known_names(leg, ("leg_id", *_LEG_RULES))
        if not leg.require("leg_id", "leg_id is required"):
            continue
        name = leg.text("leg_id")
        if name and name not in leg_ids:
            leg.fail("leg_id", f"is none of {', '.join(leg_ids)}{nearest(name, leg_ids)}")
        found[name] = _leg_rules(leg)
    return found


# --- with entry prices ---------------------------------------------------------------------------


def _position(protection: OptionProtection, leg: EnteredLeg) -> ProtectedPosition:
    rules = protection.legs.get(leg.leg_id, protection.each_leg)
    return ProtectedPosition(
        product=leg.product,
        side=leg.side,
        quantity=leg.quantity,
        entry_price=leg.entry_price,
        symbol=leg.instrument,
        stoploss_pct=rules.stoploss_pct,
        target_pct=rules.target_pct,
        trailing_stoploss_pct=rules.trailing_stoploss_pct,
    )


def _basket(protection: OptionProtection, legs: Sequence[EnteredLeg]) -> BasketProtection:
    base = base_of(legs, protection.basis)
    if not base:
        raise InvalidInput(
            "the net premium is nil, so nothing is a percentage of it: use the basis entry_value"
        )
    return BasketProtection(
        stoploss_pct=_pct(protection.stoploss, legs, base, is_loss=True),
        target_pct=_pct(protection.target, legs, base, is_loss=False),
        trailing_activate_pct=protection.trailing_activate_pct,
        trailing_drawdown_pct=protection.trailing_drawdown_pct,
        basis=protection.basis,
    )


def _pct(
    limit: Limit | None, legs: Sequence[EnteredLeg], base: Decimal, *, is_loss: bool
) -> Decimal | None:
    """A limit in percent of the base."""
    if limit is None or limit.unit == "pct":
        return None if limit is None else limit.value
    amount = limit.value if limit.unit == "inr" else _amount(limit.value, legs, is_loss=is_loss)
    return max(amount * 100 / base, _AT_ONCE)


def _amount(level: Decimal, legs: Sequence[EnteredLeg], *, is_loss: bool) -> Decimal:
    """Rupees lost or earned when the combined premium of a unit comes to a level."""
    net, held = net_premium(legs), units(legs)
    rise = (level - abs(net) / held) * held
    earned = rise if net > 0 else -rise
    return -earned if is_loss else earned

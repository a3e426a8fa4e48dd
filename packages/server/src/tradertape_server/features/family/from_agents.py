"""What a member's agents sent last, as parts of the member's book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tradertape_core.wealth.family import HeldShare, OpenPosition, share_key
from tradertape_server.features.family.ports import Synced

NIL = Decimal(0)
_WEIGHTS = "weights"  # percentages instead of quantities: not even scaled ones go with them


@dataclass(slots=True)
class AgentFigures:
    """An agent's figures of one broker. label: what they are scaled with; None: real ones."""

    broker: str
    as_of: datetime
    label: str | None
    shares: list[HeldShare] = field(default_factory=list[HeldShare])
    positions: list[OpenPosition] = field(default_factory=list[OpenPosition])
    cash: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FromAgents:
    """What agents sent, by broker."""

    brokers: Mapping[str, AgentFigures]
    notes: Sequence[str]


def from_agents(synced: Iterable[Synced]) -> FromAgents:
    """Read the newest snapshots of a person. Positions count with the holdings they belong to."""
    brokers: dict[str, AgentFigures] = {}
    notes: list[str] = []
    rest: list[Synced] = []
    for one in synced:
        if one.kind != "holdings":
            rest.append(one)
        elif one.is_sealed:
            notes.append(f"figures at {one.broker} are sealed: only the agent can read them")
        else:
            brokers[one.broker] = _holdings(one)
    for one in rest:
        held = brokers.get(one.broker)
        if held is None or held.label is not None or one.factor is not None:
            continue  # positions have no percentages
        held.positions += [_position(one.broker, row) for row in one.rows]
        held.as_of = min(held.as_of, one.as_of)
    return FromAgents(brokers, notes)


def _holdings(one: Synced) -> AgentFigures:
    are_weights = any("value" not in row and "last_price" not in row for row in one.rows)
    label = one.factor if not are_weights else f"{one.factor} {_WEIGHTS}"
    shares = [share for row in one.rows if (share := _share(one.broker, row)) is not None]
    cash = _amount(one.margins.get("available_cash"))
    return AgentFigures(one.broker, one.as_of, label, shares, [], cash)


def _share(broker: str, row: Mapping[str, Any]) -> HeldShare | None:
    """A holding; the weight of one that has no price stands for its value."""
    quantity = (_amount(row.get("quantity")) or NIL) + (_amount(row.get("t1_quantity")) or NIL)
    if not quantity:
        return None
    symbol, isin = str(row["symbol"]), str(row.get("isin") or "")
    price, average = _amount(row.get("last_price")), _amount(row.get("average_price"))
    if price is None and average is None:
        price = average = Decimal(1)
    return HeldShare(
        instrument=share_key(symbol, isin), symbol=symbol, isin=isin, broker=broker,
        quantity=quantity, cost=(average if average is not None else price or NIL) * quantity,
        price=price,
    )  # fmt: skip


def _position(broker: str, row: Mapping[str, Any]) -> OpenPosition:
    return OpenPosition(
        symbol=str(row["symbol"]), broker=broker, product=str(row.get("product") or ""),
        quantity=int(_amount(row.get("quantity")) or 0),
        average_price=_amount(row.get("average_price")) or NIL,
        last_price=_amount(row.get("last_price")) or NIL, profit=_amount(row.get("pnl")) or NIL,
    )  # fmt: skip


def _amount(value: object) -> Decimal | None:
    """A number of a document that an agent wrote; None for what is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None

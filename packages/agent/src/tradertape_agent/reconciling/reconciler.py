"""One reading of both sides, and the drift that lasts longer than one reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from tradertape_agent.addresses import EXPECTED_HOLDINGS
from tradertape_agent.cloud import Cloud
from tradertape_agent.desk.account import PrimaryAccount
from tradertape_agent.journal.book import Journal
from tradertape_agent.journal.intents import DOUBTFUL, Intent, IntentKind
from tradertape_agent.privacy.modes import Privacy
from tradertape_agent.reconciling.corrections import Corrections, Counted
from tradertape_agent.reconciling.ignoring import Ignores
from tradertape_brokers.portfolio import Holding, Position, PositionKind
from tradertape_core.kernel.clock import IST, Clock
from tradertape_core.orders.order import OrderRequest, Product, Side
from tradertape_core.orders.reports import VenueOrder
from tradertape_core.portfolio.reconciliation import (
    AtBroker,
    Evidence,
    Finding,
    Ours,
    OwnOrder,
    find_cause,
)

CYCLES_TO_FLAG: Final = 2
_DELIVERY: Final = (Product.CNC, Product.MTF)
Report = dict[str, Any]


@dataclass(slots=True)
class _Sides:
    """Both sides of one instrument."""

    isin: str = ""
    broker: AtBroker = field(default_factory=AtBroker)
    ours: Ours = field(default_factory=Ours)
    last_price: Decimal = Decimal(0)


class Reconciler:
    """Compares the primary account with the cloud's open positions."""

    def __init__(
        self,
        journal: Journal,
        cloud: Cloud,
        account: PrimaryAccount,
        privacy: Privacy,
        ignores: Ignores,
        corrections: Corrections,
        clock: Clock,
    ) -> None:
        self.report: Report = {"status": "stale", "items": [], "summary": {}}
        self.compared_at: float | None = None  # by the monotonic clock, before the reading
        self._journal = journal
        self._cloud = cloud
        self._account = account
        self._privacy = privacy
        self._ignores = ignores
        self._corrections = corrections
        self._clock = clock

    def look(self) -> Report:
        """Compare once. Raises CloudSilent, CloudRefused or BrokerError."""
        began, counted = self._clock.monotonic(), self._corrections.counted()
        expected = self._expected()
        sides = self._sides(expected)
        _correct(sides, counted)
        now = self._clock.now()
        orders = list(self._account.ask(self._account.trading.orders.order_book))
        own = self._own_orders(now)
        items = [
            self._item(name, one, self._evidence(name, own, orders, sides), now)
            for name, one in sorted(sides.items())
        ]
        for item in items:
            if item is not None:
                item["revision"] = counted.get(item["symbol"], Counted()).revision
        self.report = self._reported([one for one in items if one is not None], len(sides), now)
        self.compared_at = began
        return self.report

    def units_at_broker(self, symbol: str) -> int:
        """Return how many units of an instrument the broker has now. Raises BrokerError."""
        one = self._at_broker().get(symbol)
        return 0 if one is None else one.broker.quantity

    def failed(self, why: str) -> None:
        """Keep the last comparison, marked as no longer sure."""
        self.report = {**self.report, "status": why}

    def summary(self, broker: str) -> Report:
        """Return counts for the cloud: of the primary broker alone."""
        if broker != self._account.name:
            return {}
        found = cast("Report", self.report.get("summary") or {})
        counts = {
            name: found[name] for name in ("symbols", "ok", "drift", "ignored") if name in found
        }
        return {"status": self.report["status"], **counts}

    # --- the two sides ------------------------------------------------------------------------

    def _expected(self) -> Sequence[Mapping[str, Any]]:
        answer = self._cloud.get(EXPECTED_HOLDINGS).body
        rows = cast("list[object]", answer) if isinstance(answer, list) else []
        return [cast("Mapping[str, Any]", one) for one in rows if isinstance(one, Mapping)]

    def _at_broker(self) -> dict[str, _Sides]:
        sides: dict[str, _Sides] = defaultdict(_Sides)
        for holding in self._account.holdings():
            _add_holding(sides, holding)
        for position in self._account.positions():
            _add_position(sides, position)
        return sides

    def _sides(self, expected: Sequence[Mapping[str, Any]]) -> dict[str, _Sides]:
        sides = self._at_broker()
        for row in expected:
            name = f"{row.get('exchange') or 'NSE'}:{row['symbol']}"
            one = sides[name]
            one.isin = one.isin or str(row.get("isin") or "")
            one.ours = _together(one.ours, self._ours(row))
        return dict(sides)

    def _ours(self, row: Mapping[str, Any]) -> Ours:
        scale = self._privacy.orders(is_scaled=bool(row.get("scaled")))

        def units(value: object) -> int:
            return int(scale.units(Decimal(str(value or 0))))

        owners = cast("Sequence[Mapping[str, Any]]", row.get("by_portfolio") or ())
        # Each portfolio's order was rounded down to whole shares by itself.
        total = sum(units(one.get("quantity")) for one in owners) if owners else None
        return Ours(
            quantity=units(row.get("quantity")) if total is None else total,
            average_price=Decimal(str(row.get("average_price") or 0)),
            by_owner=tuple(
                (str(one.get("portfolio_id")), units(one.get("quantity"))) for one in owners
            ),
        )

    def _own_orders(self, now: datetime) -> list[Intent]:
        midnight = now.astimezone(IST).replace(hour=0, minute=0, second=0, microsecond=0)
        return self._journal.intents.since(midnight)

    def _evidence(
        self,
        name: str,
        own: Sequence[Intent],
        book: Sequence[VenueOrder],
        sides: Mapping[str, _Sides],
    ) -> Evidence:
        claimed = self._journal.intents.claimed()
        tags = {one.tag for one in own}
        external = sum(
            _signed(order.request, _filled(order))
            for order in book
            if order.request.instrument == name
            and order.venue_order_id not in claimed
            and order.tag not in tags
        )
        mine = sides[name]
        return Evidence(
            external=external,
            orders=tuple(_own_order(one) for one in own if one.request.instrument == name),
            renamed=tuple(
                (other, one.broker.quantity - one.ours.quantity)
                for other, one in sides.items()
                if other != name and mine.isin and one.isin == mine.isin
            ),
        )

    # --- the report ---------------------------------------------------------------------------

    def _item(self, name: str, one: _Sides, known: Evidence, now: datetime) -> Report | None:
        finding = find_cause(one.ours, one.broker, known, now)
        if finding.cause is None:
            self._journal.store.write("DELETE FROM drift WHERE symbol = ?", name)
            return None
        cycles, first_seen = self._seen(name, finding.difference, now)
        return {
            "symbol": name,
            "isin": one.isin,
            "cloud_qty": one.ours.quantity,
            "broker_qty": one.broker.quantity,
            "difference": finding.difference,
            "broker_detail": {
                "holdings": one.broker.holding,
                "t1": one.broker.t1,
                "positions_cnc": one.broker.position,
                "pledged": one.broker.pledged,
                "mtf": one.broker.funded,
            },
            "classification": finding.cause.value,
            "confidence": finding.confidence,
            "evidence": list(finding.evidence),
            "by_portfolio": [
                {"portfolio_id": owner, "qty": units} for owner, units in one.ours.by_owner
            ],
            "first_seen": first_seen,
            "age_cycles": cycles,
            "is_flagged": cycles >= CYCLES_TO_FLAG,
            "value": str(abs(finding.difference) * one.last_price),
            "suggested": _suggested(finding),
            "ignored": self._ignores.covers(name, finding.difference, now),
        }

    def _seen(self, name: str, difference: int, now: datetime) -> tuple[int, str]:
        """How many readings in a row have shown this difference, and since when."""
        with self._journal.store.transaction():
            row = self._journal.store.row("SELECT * FROM drift WHERE symbol = ?", name)
            is_same = row is not None and row["difference"] == difference
            cycles = row["cycles"] + 1 if row is not None and is_same else 1
            first = row["first_seen"] if row is not None and is_same else now.isoformat()
            self._journal.store.write(
                "INSERT INTO drift (symbol, difference, cycles, first_seen) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (symbol) DO UPDATE SET difference = excluded.difference, "
                "cycles = excluded.cycles, first_seen = excluded.first_seen",
                name, difference, cycles, first,
            )  # fmt: skip
        return cycles, first

    def _reported(self, items: list[Report], symbols: int, now: datetime) -> Report:
        ignored = [one for one in items if one["ignored"]]
        drift = [one for one in items if one["is_flagged"] and not one["ignored"]]
        at_risk = sum((Decimal(one["value"]) for one in drift), Decimal(0))
        return {
            "checked_at": now.isoformat(),
            "broker": self._account.name,
            "status": "drift" if drift else "ok",
            "summary": {
                "symbols": symbols,
                "ok": symbols - len(drift) - len(ignored),
                "drift": len(drift),
                "ignored": len(ignored),
                "value_at_risk": str(at_risk),
            },
            "items": items,
        }


def _together(known: Ours, more: Ours) -> Ours:
    """Scaled units and real ones of a symbol come as rows of their own."""
    if not known.by_owner and not known.quantity:
        return more
    return replace(
        known, quantity=known.quantity + more.quantity, by_owner=known.by_owner + more.by_owner
    )


def _add_holding(sides: dict[str, _Sides], one: Holding) -> None:
    side = sides[f"{one.exchange}:{one.tradingsymbol}"]
    before = side.broker
    is_funded = one.product is Product.MTF
    side.isin = side.isin or one.isin
    side.last_price = one.last_price
    side.broker = AtBroker(
        holding=before.holding + (0 if is_funded else one.quantity),
        t1=before.t1 + one.t1_quantity,
        pledged=before.pledged + one.pledged_quantity,
        funded=before.funded + (one.quantity if is_funded else 0),
        position=before.position,
        average_price=one.average_price,
    )


def _add_position(sides: dict[str, _Sides], one: Position) -> None:
    """Today's purchases for delivery: they become holdings only after settlement.

    A sale is a position below 0, and the broker has taken its shares off the holdings already.
    """
    if one.kind is not PositionKind.NET or one.product not in _DELIVERY or one.quantity <= 0:
        return
    side = sides[f"{one.exchange}:{one.tradingsymbol}"]
    before = side.broker
    side.last_price = side.last_price or one.last_price
    side.broker = AtBroker(
        holding=before.holding,
        t1=before.t1,
        pledged=before.pledged,
        funded=before.funded,
        position=before.position + one.quantity,
        average_price=before.average_price or one.average_price,
    )


def _correct(sides: dict[str, _Sides], counted: Mapping[str, Counted]) -> None:
    """Count what the user has adopted or written off as ours."""
    for name, one in counted.items():
        if one.units:
            ours = sides[name].ours
            sides[name].ours = replace(
                ours,
                quantity=ours.quantity + one.units,
                by_owner=(*ours.by_owner, ("corrected", one.units)),
            )


def _filled(order: VenueOrder) -> int:
    return max(order.filled_quantity or 0, sum(one.quantity for one in order.trades))


def _signed(request: OrderRequest, units: int) -> int:
    return units if request.side is Side.BUY else -units


def _own_order(one: Intent) -> OwnOrder:
    request = one.request if isinstance(one.request, OrderRequest) else one.request.orders[0]
    filled = _signed(request, one.filled)
    # The cloud knows nothing of a fallback stop: what it sold is missing in its books.
    is_stop = one.key != one.signal_key
    order_id = one.order_id if one.kind is IntentKind.GTT else one.venue_id
    return OwnOrder(
        order_id=order_id or one.key,
        ours=0 if is_stop else filled,
        broker=filled,
        wanted=_signed(request, request.quantity),
        in_doubt=one.state in DOUBTFUL,
    )


def _suggested(finding: Finding) -> Report:
    action: Report = {"action": finding.suggested.value}
    if finding.ratio is not None:
        action["ratio"] = str(finding.ratio)
    return action

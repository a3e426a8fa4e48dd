"""Orders, plans and holdings of mutual funds, one user's. Nothing here touches the exchange.

A purchase or redemption is allotted at the net asset value of the day after it was asked; an order
that waits can be cancelled. A plan places an order on each of its days.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from tradertape_core.kernel.clock import IST
from tradertape_sandbox.wire.kite.envelope import Kind, KiteError
from tradertape_sandbox.wire.kite.funds.schemes import FUNDS, Fund

_UNIT = Decimal("0.001")  # units are allotted to three decimals
_FREQUENCIES = ("weekly", "monthly", "quarterly")
_MONTHS = {"monthly": 1, "quarterly": 3}
_FOREVER = -1  # instalments of a plan without an end


@dataclass(slots=True, kw_only=True)
class FundOrder:
    """One purchase (an amount) or redemption (units); `status` in the words of the wire."""

    order_id: str
    fund: Fund
    transaction_type: str
    placed_at: datetime
    amount: Decimal
    quantity: Decimal
    tag: str | None = None
    variety: str = "regular"
    status: str = "OPEN"
    status_message: str = "Order placed"
    average_price: Decimal = Decimal(0)
    allotted_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for its allotment."""
        return self.status == "OPEN"


@dataclass(slots=True, kw_only=True)
class FundPlan:
    """A systematic investment plan. `instalments`: how many in all, -1 without an end."""

    sip_id: str
    fund: Fund
    amount: Decimal
    instalments: int
    frequency: str
    instalment_day: int
    created_at: datetime
    next_on: date
    tag: str | None = None
    status: str = "ACTIVE"
    completed: int = 0
    last_at: datetime | None = None

    @property
    def pending(self) -> int:
        """Instalments to come; -1 without an end."""
        return _FOREVER if self.instalments == _FOREVER else self.instalments - self.completed


@dataclass(slots=True)
class FundHolding:
    """Units of one fund and what they cost on average, rupees."""

    fund: Fund
    folio: str
    quantity: Decimal = Decimal(0)
    average_price: Decimal = Decimal(0)


@dataclass(slots=True)
class FundAccount:
    """Everything one user has of mutual funds."""

    orders: dict[str, FundOrder] = field(default_factory=dict[str, FundOrder])
    plans: dict[str, FundPlan] = field(default_factory=dict[str, FundPlan])
    holdings: dict[str, FundHolding] = field(default_factory=dict[str, FundHolding])

    def place(
        self,
        symbol: str,
        transaction_type: str,
        now: datetime,
        *,
        amount: Decimal | None,
        quantity: Decimal | None,
        tag: str | None,
        variety: str = "regular",
    ) -> FundOrder:
        """Take an order: a purchase has an amount, a redemption units."""
        fund = fund_of(symbol)
        if transaction_type == "BUY":
            amount, quantity = _purchase(fund, amount), Decimal(0)
        elif transaction_type == "SELL":
            amount, quantity = Decimal(0), self._redemption(fund, quantity)
        else:
            raise KiteError(Kind.INPUT, "`transaction_type` must be BUY or SELL")
        order = FundOrder(
            order_id=str(uuid.uuid4()),
            fund=fund,
            transaction_type=transaction_type,
            placed_at=now,
            amount=amount,
            quantity=quantity,
            tag=tag,
            variety=variety,
        )
        self.orders[order.order_id] = order
        return order

    def order(self, order_id: str) -> FundOrder:
        """An order by its id."""
        found = self.orders.get(order_id)
        if found is None:
            raise KiteError(Kind.GENERAL, "Couldn't find that `order_id`.", status=404)
        return found

    def cancel(self, order_id: str) -> FundOrder:
        """Cancel an order that waits."""
        order = self.order(order_id)
        if not order.is_open:
            raise KiteError(Kind.ORDER, f"The order is {order.status}; it cannot be cancelled")
        order.status, order.status_message = "CANCELLED", "Cancelled by the user"
        return order

    def start_plan(
        self,
        symbol: str,
        now: datetime,
        *,
        amount: Decimal,
        instalments: int,
        frequency: str,
        instalment_day: int,
        tag: str | None,
    ) -> FundPlan:
        """Begin a plan; its first instalment is on its next day."""
        fund = fund_of(symbol)
        _terms(instalments, frequency)
        plan = FundPlan(
            sip_id=str(uuid.uuid4()),
            fund=fund,
            amount=_purchase(fund, amount),
            instalments=instalments,
            frequency=frequency,
            instalment_day=instalment_day,
            created_at=now,
            next_on=_next_day(now.astimezone(IST).date(), frequency, instalment_day),
            tag=tag,
        )
        self.plans[plan.sip_id] = plan
        return plan

    def plan(self, sip_id: str) -> FundPlan:
        """A plan by its id."""
        found = self.plans.get(sip_id)
        if found is None:
            raise KiteError(Kind.GENERAL, "Couldn't find that `sip_id`.", status=404)
        return found

    def change_plan(
        self,
        sip_id: str,
        *,
        amount: Decimal | None,
        status: str | None,
        instalments: int | None,
        frequency: str | None,
        instalment_day: int | None,
    ) -> FundPlan:
        """Change the terms of a plan, pause it or continue it."""
        plan = self.plan(sip_id)
        if plan.status == "CANCELLED":
            raise KiteError(Kind.INPUT, "The plan is cancelled; start a new one")
        status = (status or plan.status).upper()
        if status not in ("ACTIVE", "PAUSED"):
            raise KiteError(Kind.INPUT, "`status` must be active or paused")
        instalments = plan.instalments if instalments is None else instalments
        frequency = frequency or plan.frequency
        _terms(instalments, frequency)
        if amount is not None:
            plan.amount = _purchase(plan.fund, amount)
        plan.status, plan.instalments = status, instalments
        if (frequency, instalment_day or plan.instalment_day) != (
            plan.frequency,
            plan.instalment_day,
        ):
            plan.frequency = frequency
            plan.instalment_day = instalment_day or plan.instalment_day
            plan.next_on = _next_day(plan.next_on, frequency, plan.instalment_day)
        return plan

    def cancel_plan(self, sip_id: str) -> FundPlan:
        """End a plan; what it bought is kept."""
        plan = self.plan(sip_id)
        plan.status = "CANCELLED"
        return plan

    def advance(self, now: datetime) -> None:
        """Let time pass: place due instalments and allot what was asked on earlier days."""
        today = now.astimezone(IST).date()
        for plan in self.plans.values():
            self._instalments(plan, today)
        waiting = sorted(
            (order for order in self.orders.values() if order.is_open), key=lambda o: o.placed_at
        )
        for order in waiting:
            due = order.placed_at.astimezone(IST).date() + timedelta(days=1)
            if due <= today:
                self._allot(order, due)

    def _instalments(self, plan: FundPlan, today: date) -> None:
        while plan.status == "ACTIVE" and plan.next_on <= today and plan.pending:
            at = datetime.combine(plan.next_on, datetime.min.time(), tzinfo=IST)
            self.place(
                plan.fund.tradingsymbol,
                "BUY",
                at,
                amount=plan.amount,
                quantity=None,
                tag=plan.tag,
                variety="sip",
            )
            plan.completed, plan.last_at = plan.completed + 1, at
            plan.next_on = _next_day(plan.next_on, plan.frequency, plan.instalment_day)

    def _allot(self, order: FundOrder, day: date) -> None:
        fund, price = order.fund, order.fund.value_on(day)
        holding = self.holdings.setdefault(fund.tradingsymbol, FundHolding(fund, _folio(fund)))
        if order.transaction_type == "BUY":
            order.quantity = (order.amount / price).quantize(_UNIT, ROUND_DOWN)
            cost = holding.quantity * holding.average_price + order.quantity * price
            holding.quantity += order.quantity
            if holding.quantity:
                holding.average_price = (cost / holding.quantity).quantize(Decimal("0.0001"))
        else:
            holding.quantity -= order.quantity
            order.amount = (order.quantity * price).quantize(Decimal("0.01"))
        if not holding.quantity:
            del self.holdings[fund.tradingsymbol]
        order.average_price, order.status, order.status_message = price, "COMPLETE", "Allotted"
        order.allotted_at = datetime.combine(day, datetime.min.time(), tzinfo=IST)

    def _redemption(self, fund: Fund, quantity: Decimal | None) -> Decimal:
        if quantity is None or quantity < fund.minimum_redemption:
            raise KiteError(
                Kind.INPUT, f"`quantity` must be at least {fund.minimum_redemption} units"
            )
        holding = self.holdings.get(fund.tradingsymbol)
        asked = sum(
            order.quantity
            for order in self.orders.values()
            if order.is_open and order.fund is fund and order.transaction_type == "SELL"
        )
        held = Decimal(0) if holding is None else holding.quantity - asked
        if quantity > held:
            raise KiteError(Kind.HOLDING, f"Only {held} units of {fund.name} can be redeemed")
        return quantity


def fund_of(symbol: str) -> Fund:
    """The fund of a symbol."""
    found = FUNDS.get(symbol)
    if found is None:
        raise KiteError(Kind.INPUT, f"Unknown fund {symbol!r}; GET /mf/instruments lists them")
    return found


def _purchase(fund: Fund, amount: Decimal | None) -> Decimal:
    if not fund.is_open_for_purchase:
        raise KiteError(Kind.INPUT, f"{fund.name} is closed for purchases")
    if amount is None or amount < fund.minimum_purchase:
        raise KiteError(Kind.INPUT, f"`amount` must be at least {fund.minimum_purchase} rupees")
    if amount % fund.purchase_multiple:
        raise KiteError(
            Kind.INPUT, f"`amount` must be a multiple of {fund.purchase_multiple} rupees"
        )
    return amount


def _terms(instalments: int, frequency: str) -> None:
    if instalments != _FOREVER and not 1 <= instalments <= 9999:
        raise KiteError(Kind.INPUT, "`instalments` must be -1 (no end) or 1 to 9999")
    if frequency not in _FREQUENCIES:
        raise KiteError(Kind.INPUT, f"`frequency` must be one of {', '.join(_FREQUENCIES)}")


def _next_day(after: date, frequency: str, instalment_day: int) -> date:
    if frequency == "weekly":
        return after + timedelta(days=7)
    if not 1 <= instalment_day <= 28:
        raise KiteError(Kind.INPUT, "`instalment_day` must be 1 to 28")
    step = _MONTHS[frequency]
    this_month = after.replace(day=instalment_day)
    if this_month > after and step == 1:
        return this_month
    months = after.year * 12 + after.month - 1 + step
    return date(months // 12, months % 12 + 1, instalment_day)


def _folio(fund: Fund) -> str:
    return f"{int(fund.tradingsymbol[-5:]):08d}/01"

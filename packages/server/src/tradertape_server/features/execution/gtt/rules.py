"""What may be placed and fired: what a broker takes, kill switches, positions that are closed."""

from __future__ import annotations

from dataclasses import replace

from tradertape_core.ledger.marks import FRESH_FOR
from tradertape_core.ledger.position import Position, PositionKey
from tradertape_core.market.session_times import PhaseKind
from tradertape_core.orders.denials import DenialReason, denial
from tradertape_core.orders.gtt import Gtt, GttRequest, GttStatus
from tradertape_core.orders.order import OrderRequest, Variety
from tradertape_server.features.execution.errors import OrderDenied
from tradertape_server.features.execution.orders.risk_facts import NO_RISK, risk_facts
from tradertape_server.features.execution.state.entry_rules import Asked
from tradertape_server.features.execution.state.unit_of_work import UnitOfWork
from tradertape_server.features.execution.store import gtt_store
from tradertape_server.features.execution.venues.gateway import GttRules
from tradertape_server.platform.errors import Conflict


def demand_taken(request: GttRequest, rules: GttRules | None) -> None:
    """Raise Conflict where the account's broker takes no trigger of this type."""
    if rules is None:
        raise Conflict(
            "Triggers of this account would rest at its broker, which takes none from this "
            "server: sign in under Settings, Brokers, or create them in the broker's own app.",
            code="gtt_not_at_broker",
        )
    if request.type not in rules.types:
        raise Conflict(
            f"{rules.title} has no {request.type.value} trigger of an existing position: create "
            "two single ones, and delete the other when one was reached.",
            code="gtt_type_not_at_broker",
        )


def count_external(uow: UnitOfWork, account_id: int) -> int:
    """How many triggers of other terminals wait at the account's broker: they count there too."""
    known = gtt_store.external(uow.session, account_id).values()
    return sum(one.entry.status is GttStatus.ACTIVE for one in known)


def demand_no_halt(
    uow: UnitOfWork,
    account_id: int,
    request: GttRequest,
    run_id: str | None,
    *,
    only_closes: bool = False,
) -> bool:
    """Whether a trigger for a broker closes a position with each of its orders. Raises OrderDenied
    under a kill switch where it does not: nobody could hold it back when it is reached."""
    halt = uow.halt(account_id)
    asked = Gtt(
        trigger_id=0, account=str(account_id), request=request, reference=request.last_price,
        status=GttStatus.PLACING, created_at=uow.now, updated_at=uow.now, expires_at=uow.now,
        run_id=run_id,
    )  # fmt: skip
    is_exit = all(closed_by(uow, asked, one) is not None for one in request.orders)
    if only_closes and not is_exit:
        raise Conflict(
            f"{request.instrument}: so much is not held, or it is being sold already.",
            code="nothing_to_close",
        )
    if halt is not None and not is_exit:
        raise OrderDenied([denial(DenialReason.KILL_SWITCH_ACTIVE, why=halt.words)])
    if not is_exit:
        _demand_rules(uow, account_id, request, run_id)
    return is_exit


def _demand_rules(
    uow: UnitOfWork, account_id: int, request: GttRequest, run_id: str | None
) -> None:
    """Have rules judge what a trigger at a broker would place: it fires there without us. Its price
    is compared with its trigger, and it waits for a session as an after-market order does."""
    why = uow.entry_rules.halted(uow, account_id, run_id)
    found = [] if why is None else [denial(DenialReason.TRADING_HALTED, why=why)]
    for value, order in zip(request.trigger_values, request.orders, strict=False):
        waiting = replace(order, variety=Variety.AMO)
        facts = risk_facts(uow, account_id, run_id, waiting, NO_RISK, required=None)
        asked = Asked(
            account_id=account_id,
            run_id=run_id,
            request=waiting,
            facts=replace(facts, last_price=value),
        )
        found += uow.entry_rules.judge(uow, asked)
    if found:
        raise OrderDenied(found)


def held_back(uow: UnitOfWork, gtt: Gtt, leg: int) -> bool:
    """Whether a trigger is not to fire now.

    It fires once, so not while its order would be refused: in continuous trading alone, on a fresh
    price. While entries are halted or with a full disk, only if that closes a position.
    """
    if not _is_traded(uow, gtt.request.instrument):
        return True
    account_id = int(gtt.account)
    is_halted = uow.halt(account_id) or uow.entry_rules.halted(uow, account_id, gtt.run_id)
    if uow.has_room and not is_halted:
        return False
    return closed_by(uow, gtt, gtt.request.orders[leg]) is None


def opens(uow: UnitOfWork, gtt: Gtt) -> bool:
    """Whether an order of a trigger would open or enlarge a position."""
    return any(closed_by(uow, gtt, one) is None for one in gtt.request.orders)


def closed_by(uow: UnitOfWork, gtt: Gtt, request: OrderRequest) -> PositionKey | None:
    """The position that an order of a trigger only takes from; None where it would do more.

    One that belongs to no run comes first, then that of the run which has held it longest. What
    open orders are closing already is not there to be taken.
    """
    account = uow.account(int(gtt.account))

    def is_closed(position: Position) -> bool:
        key, side = position.key, request.side
        if (key.instrument, key.product) != (request.instrument, request.product):
            return False
        if not position.is_open or position.side is side:
            return False
        if gtt.run_id not in (None, key.run_id):
            return False
        if key.run_id is not None and uow.is_exiting(key.run_id):
            return False
        claimed = account.margins.pending(key.instrument, key.product, side, key.run_id)
        return request.quantity <= abs(position.quantity) - claimed

    found = [one for one in account.positions.values() if is_closed(one)]
    first = min(found, key=lambda one: (one.key.run_id is not None, one.lots[0].at), default=None)
    return None if first is None else first.key


def _is_traded(uow: UnitOfWork, instrument_id: str) -> bool:
    instrument, tick = uow.find(instrument_id), uow.market.tick(instrument_id)
    if instrument is None or tick is None or uow.now - tick.at > FRESH_FOR:
        return False
    return uow.market.phase(instrument, uow.now) is PhaseKind.CONTINUOUS

"""What a kill switch does when it is turned on: entries back, positions out, if that was asked.

All of it is decided in the transaction that turns the switch on, so a crash never leaves half of
it: the outbox holds the cancellations, and an exit that has its key is advanced after a start.
"""

from __future__ import annotations

from collections.abc import Iterable

from tradertape_core.execution import engine
from tradertape_core.execution.decision import server_key
from tradertape_core.execution.reconcile import EXTERNAL_RUN
from tradertape_core.orders.commands import CancelOrder
from tradertape_server.features.execution.exits import run_exit
from tradertape_server.features.execution.gtt import at_broker
from tradertape_server.features.execution.gtt.gtt_commands import GttCommands
from tradertape_server.features.execution.gtt.rules import opens
from tradertape_server.features.execution.orders.facts import closes
from tradertape_server.features.execution.orders.idempotency import request_hash
from tradertape_server.features.execution.orders.intent import Intent
from tradertape_server.features.execution.state.unit_of_work import EXIT_RUN, UnitOfWork

Exit = tuple[str, str]  # run and key


def cancel_entries(
    uow: UnitOfWork, account_ids: Iterable[int], gtts: GttCommands, *, why: str
) -> int:
    """Cancel every order and trigger of ours that would open or enlarge a position; what closes
    one stays. why: as the timeline has it."""
    count = 0
    for account_id in filter(uow.is_traded, account_ids):
        for order in list(uow.account(account_id).orders.values()):
            if order.slices or order.is_external or closes(uow, order, order.request):
                continue
            decision = engine.cancel(CancelOrder(order_id=order.order_id), order, uow.now)
            count += not decision.is_denied
            uow.record(decision)
        count += _cancel_triggers(uow, account_id)
        count += gtts.end_entries(uow, account_id, why)
    return count


def _cancel_triggers(uow: UnitOfWork, account_id: int) -> int:
    """End the triggers at brokers that would open a position. What is being changed ends with the
    answer to that."""
    count = 0
    for gtt in uow.gtts.of(account_id):
        if not gtt.is_active or not opens(uow, gtt):
            continue
        at_broker.cancel_soon(uow, gtt)
        count += 1
    return count


def begin_exits(uow: UnitOfWork, account_ids: Iterable[int], *, reason: str) -> list[Exit]:
    """Begin to close everything the accounts hold, run by run; the runs themselves stay."""
    held = {
        (account_id, key.run_id or "")
        for account_id in filter(uow.is_traded, account_ids)
        for key in uow.account(account_id).positions
    }
    begun: list[Exit] = []
    for account_id, run_id in sorted(held):
        if run_id == EXTERNAL_RUN or (run_id and uow.is_exiting(run_id)):
            continue
        key = server_key(f"kill-switch:{uow.cursor}:{account_id}")
        intent = Intent(
            account_id=account_id,
            run_id=run_id,
            venue=uow.account(account_id).kind,
            key=key,
            kind=EXIT_RUN,
            request_hash=request_hash(EXIT_RUN, {"reason": reason, "product": None}),
        )
        run_exit.begin(uow, intent, reason=reason)
        begun.append((run_id, key))
    return begun

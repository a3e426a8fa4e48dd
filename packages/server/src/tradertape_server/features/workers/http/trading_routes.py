"""HTTP of workers: intents, orders, trades, protection, exits and GTTs."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError

from tradertape_server.features.execution.orders.replies import Reply
from tradertape_server.features.workers.http.answers.orders import (
    BasketPreview,
    ExitReply,
    GttId,
    IntentReply,
    OrderPreview,
    RunOrder,
    RunOrders,
    RunTrades,
    WorkerGtt,
)
from tradertape_server.features.workers.http.answers.protection import ChangedProtection
from tradertape_server.features.workers.http.authorization import (
    NONCE_HEADER,
    GttWorker,
    IdempotencyKey,
    Nonce,
    PaperWorker,
    may,
)
from tradertape_server.features.workers.http.run_routes import PREFIX, Json
from tradertape_server.features.workers.http.services import (
    Exits,
    Gtts,
    Intents,
    Orders,
    Protections,
    Runs,
    workers_of,
)
from tradertape_server.features.workers.runs.live_gate import demand_live_scope, is_live
from tradertape_server.features.workers.schemas import (
    BasketPreviewIn,
    CancelIn,
    Document,
    ExitIn,
    Intent,
    ModifyIn,
    OrderPreviewIn,
    ProtectionPatch,
)
from tradertape_server.platform.http.answers import answers
from tradertape_server.platform.http.bodies import is_json
from tradertape_server.platform.http.identity import identity_of
from tradertape_server.platform.http.routing import RowId

router = APIRouter(prefix=PREFIX, tags=["workers"])


def sent(answer: Reply) -> Response:
    """A reply of execution as an HTTP response."""
    # The stored bytes themselves: a repetition is equal to the first reply.
    return Response(
        answer.body,
        status_code=answer.status_code,
        media_type="application/json",
        headers=answer.headers,
    )


@router.post("/runs/{strategy_run_id}/preview/order", responses=answers(OrderPreview))
def preview_order(
    runs: Runs, intents: Intents, caller: PaperWorker, strategy_run_id: str, body: OrderPreviewIn
) -> Json:
    """Return an order's margin, charges and warnings; nothing is placed."""
    return intents.preview_order(runs.get(caller, strategy_run_id), body.order)


@router.post("/runs/{strategy_run_id}/preview/basket", responses=answers(BasketPreview))
def preview_basket(
    runs: Runs, intents: Intents, caller: PaperWorker, strategy_run_id: str, body: BasketPreviewIn
) -> Json:
    """Return a basket's margin and charges as a whole; nothing is placed."""
    run = runs.get(caller, strategy_run_id)
    return intents.preview_basket(run, body.orders, all_or_none=body.all_or_none)


async def place_intent(
    intents: Intents,
    caller: PaperWorker,
    strategy_run_id: str,
    body: Intent,
    nonce: Nonce = None,
) -> Response:
    """Place an order or a basket, once for its key.

    The same key with the same payload gives the first reply, byte for byte, for the life of the
    run; with another payload 409. A claimed run requires its nonce.
    """
    return sent(await intents.place(caller, strategy_run_id, body, nonce))


class IntentRoute(APIRoute):
    """Parses valid requests by itself: the framework's way takes as long as placing the order.

    Whatever it would have to refuse still goes that way, for the same error texts.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of a request."""
        by_framework = super().get_route_handler()

        async def handle(request: Request) -> Response:
            caller, headers = identity_of(request), request.headers
            if caller is None or not may(caller, "paper") or not is_json(headers):
                return await by_framework(request)
            try:
                body = Intent.model_validate_json(await request.body())
            except ValidationError:
                return await by_framework(request)
            run_id = request.path_params["strategy_run_id"]
            intents = workers_of(request).intents
            return await place_intent(intents, caller, run_id, body, headers.get(NONCE_HEADER))

        return handle


router.add_api_route(
    "/runs/{strategy_run_id}/intents",
    place_intent,
    methods=["POST"],
    responses=answers(IntentReply),
    route_class_override=IntentRoute,
)


@router.patch("/runs/{strategy_run_id}/protection", responses=answers(ChangedProtection))
def change_protection(
    protections: Protections,
    caller: PaperWorker,
    strategy_run_id: str,
    body: ProtectionPatch,
    nonce: Nonce = None,
) -> Json:
    """Replace the protection; its generation increases and old safety tokens become invalid."""
    return protections.change(caller, strategy_run_id, body, nonce)


@router.post("/runs/{strategy_run_id}/exit", responses=answers(ExitReply))
def exit_run(
    runs: Runs,
    exits: Exits,
    caller: PaperWorker,
    strategy_run_id: str,
    body: ExitIn,
    nonce: Nonce = None,
) -> Response:
    """Cancel the run's orders, close its positions, close the run. `dry_run` only reports."""
    return sent(exits.exit(caller, runs.get(caller, strategy_run_id), body, nonce))


@router.get("/orders", responses=answers(RunOrders))
def list_orders(runs: Runs, orders: Orders, caller: PaperWorker, strategy_run_id: str) -> Json:
    """List a run's orders, oldest first."""
    return orders.orders(runs.get(caller, strategy_run_id))


@router.get("/orders/{order_id}", responses=answers(RunOrder))
def get_order(
    runs: Runs, orders: Orders, caller: PaperWorker, order_id: str, strategy_run_id: str
) -> Json:
    """Return one order of a run."""
    return orders.order(runs.get(caller, strategy_run_id), order_id)


@router.post("/orders/{order_id}/cancel", responses=answers(RunOrder))
def cancel_order(
    runs: Runs,
    orders: Orders,
    caller: PaperWorker,
    order_id: str,
    body: CancelIn,
    key: IdempotencyKey = None,
) -> Any:
    """Cancel an order.

    With an `Idempotency-Key` the same request gives the first reply, for the life of the run.
    """
    run = runs.get(caller, body.strategy_run_id)
    if key is not None:
        return sent(orders.cancel_once(run, order_id, key))
    return orders.cancel(run, order_id)


@router.post("/orders/{order_id}/modify", responses=answers(RunOrder))
def modify_order(
    runs: Runs,
    orders: Orders,
    caller: PaperWorker,
    order_id: str,
    body: ModifyIn,
    key: IdempotencyKey = None,
) -> Any:
    """Change an open order; the changed fields are given beside the run's id.

    With an `Idempotency-Key` the same request gives the first reply, for the life of the run.
    """
    run, patch = runs.get(caller, body.strategy_run_id), body.model_extra or {}
    if is_live(run):
        demand_live_scope(caller)
    if key is not None:
        return sent(orders.modify_once(run, order_id, patch, key))
    return orders.modify(run, order_id, patch)


@router.get("/trades", responses=answers(RunTrades))
def list_trades(runs: Runs, orders: Orders, caller: PaperWorker, strategy_run_id: str) -> Json:
    """List a run's executions, oldest first."""
    return orders.trades(runs.get(caller, strategy_run_id))


@router.post("/gtt/triggers", responses=answers(GttId))
def place_gtt(
    gtts: Gtts,
    caller: GttWorker,
    body: Document,
    account_scope: str | None = None,
    key: IdempotencyKey = None,
) -> dict[str, int]:
    """Create a GTT on an account: the one named, else that of the token's latest run.

    With an `Idempotency-Key` the same request is carried out once, for this token.
    """
    return {"trigger_id": gtts.create(caller, body, account_scope, key=key)}


@router.get("/gtt/triggers", responses=answers(list[WorkerGtt]))
def list_gtts(
    gtts: Gtts, caller: GttWorker, account_scope: str | None = None
) -> list[dict[str, Any]]:
    """List an account's GTTs: of the one named, else of that of the token's latest run."""
    return gtts.list(caller, account_scope)


@router.get("/gtt/triggers/{trigger_id}", responses=answers(WorkerGtt))
def get_gtt(gtts: Gtts, caller: GttWorker, trigger_id: RowId) -> Json:
    """Return one GTT."""
    return gtts.get(caller, trigger_id)


@router.put("/gtt/triggers/{trigger_id}", responses=answers(GttId))
def modify_gtt(
    gtts: Gtts, caller: GttWorker, trigger_id: RowId, body: Document, key: IdempotencyKey = None
) -> dict[str, int]:
    """Change an active GTT; only the fields given change. Takes an `Idempotency-Key`."""
    return {"trigger_id": gtts.modify(caller, trigger_id, body, key)}


@router.delete("/gtt/triggers/{trigger_id}", responses=answers(GttId))
def delete_gtt(
    gtts: Gtts, caller: GttWorker, trigger_id: RowId, key: IdempotencyKey = None
) -> dict[str, int]:
    """Delete an active GTT. Takes an `Idempotency-Key`."""
    return {"trigger_id": gtts.delete(caller, trigger_id, key)}

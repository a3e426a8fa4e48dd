"""Requests on orders, baskets, trades and GTTs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from kite_algo_worker.endpoints.runs import path_of
from kite_algo_worker.exceptions import InvalidInputError
from kite_algo_worker.models import (
    JsonDict,
    WorkerGttTrigger,
    WorkerGttWriteResult,
    WorkerOrderSnapshot,
    WorkerOrdersResponse,
    WorkerTradesResponse,
)
from kite_algo_worker.order_checks.rules import check_order
from kite_algo_worker.protocol.call import Call, Repeat, ask, get, once, part, post

SHORTEST_KEY, LONGEST_KEY = 8, 160
_TRIGGERS = "/worker/gtt/triggers"


def preview_order(
    run_id: str, order: Mapping[str, Any], metadata: Mapping[str, Any] | None
) -> Call[JsonDict]:
    body = {"order": dict(order), "metadata": dict(metadata or {})}
    return ask(path_of(run_id, "/preview/order"), body)


def preview_basket(
    run_id: str,
    orders: Iterable[Mapping[str, Any]],
    metadata: Mapping[str, Any] | None,
    *,
    all_or_none: bool,
) -> Call[JsonDict]:
    body = {
        "orders": [dict(order) for order in orders],
        "metadata": dict(metadata or {}),
        "all_or_none": all_or_none,
    }
    return ask(path_of(run_id, "/preview/basket"), body)


def place_order(
    run_id: str,
    order: Mapping[str, Any],
    key: str,
    metadata: Mapping[str, Any] | None,
    *,
    safety_token: str | None,
    nonce: str | None,
) -> Call[JsonDict]:
    payload: JsonDict = {"order": dict(order)}
    call = _intent(run_id, "place_order", payload, key, metadata, safety_token, nonce)
    check_order(order)
    return call


def place_basket(
    run_id: str,
    orders: Iterable[Mapping[str, Any]],
    key: str,
    metadata: Mapping[str, Any] | None,
    *,
    all_or_none: bool,
    dry_run: bool,
    safety_token: str | None,
    nonce: str | None,
) -> Call[JsonDict]:
    # The legs are not checked here: the server reports the problems of each leg.
    basket = {
        "orders": [dict(order) for order in orders],
        "all_or_none": all_or_none,
        "dry_run": dry_run,
    }
    payload: JsonDict = {"basket": basket}
    call = _intent(run_id, "place_basket", payload, key, metadata, safety_token, nonce)
    return replace(call, enters=None) if dry_run else call


def _intent(
    run_id: str,
    kind: str,
    payload: JsonDict,
    key: str,
    metadata: Mapping[str, Any] | None,
    safety_token: str | None,
    nonce: str | None,
) -> Call[JsonDict]:
    body: JsonDict = {
        "intent_type": kind,
        "payload": payload,
        "idempotency_key": checked_key(key),
        "metadata": dict(metadata or {}),
    }
    if safety_token is not None:
        body["safety_token"] = safety_token
    call = post(path_of(run_id, "/intents"), body, nonce=nonce)
    return replace(call, repeat=Repeat.KEYED, enters=run_id)


def checked_key(key: object) -> str:
    """The key without spaces around it. Raises InvalidInputError for one too short or too long."""
    text = str(key or "").strip()
    if not text:
        raise InvalidInputError("idempotency_key is required for order intents: name the command")
    if not SHORTEST_KEY <= len(text) <= LONGEST_KEY:
        raise InvalidInputError(
            f"idempotency_key must be between {SHORTEST_KEY} and {LONGEST_KEY} characters, "
            f"had {len(text)}"
        )
    return text


def list_orders(run_id: str) -> Call[JsonDict]:
    return get("/worker/orders", {"strategy_run_id": run_id})


def orders_snapshot(run_id: str) -> Call[WorkerOrdersResponse]:
    return list_orders(run_id).then(WorkerOrdersResponse.model_validate)


def list_trades(run_id: str) -> Call[JsonDict]:
    return get("/worker/trades", {"strategy_run_id": run_id})


def trades_snapshot(run_id: str) -> Call[WorkerTradesResponse]:
    return list_trades(run_id).then(WorkerTradesResponse.model_validate)


def order_snapshot(run_id: str, order_id: str) -> Call[WorkerOrderSnapshot]:
    call = get(f"/worker/orders/{part(order_id)}", {"strategy_run_id": run_id})
    return call.then(lambda body: WorkerOrderSnapshot.model_validate(body.get("order") or body))


def cancel_order(run_id: str, order_id: str, variety: str) -> Call[JsonDict]:
    body = {"strategy_run_id": run_id, "variety": variety}
    return once(post(f"/worker/orders/{part(order_id)}/cancel", body))


def modify_order(
    run_id: str, order_id: str, patch: Mapping[str, Any], variety: str
) -> Call[JsonDict]:
    # The patch is at the top level, beside the run's id.
    body = {"strategy_run_id": run_id, "variety": variety, **patch}
    call = post(f"/worker/orders/{part(order_id)}/modify", body)
    return once(replace(call, enters=run_id))


# --- GTTs -----------------------------------------------------------------------------------------


def place_gtt(payload: Mapping[str, Any]) -> Call[JsonDict]:
    return once(post(_TRIGGERS, dict(payload)))


def list_gtts() -> Call[list[JsonDict]]:
    return get(_TRIGGERS).then(_objects)


def gtts_snapshot() -> Call[list[WorkerGttTrigger]]:
    return list_gtts().then(lambda found: [WorkerGttTrigger.model_validate(one) for one in found])


def get_gtt(trigger_id: int) -> Call[JsonDict]:
    return get(f"{_TRIGGERS}/{int(trigger_id)}")


def gtt_snapshot(trigger_id: int) -> Call[WorkerGttTrigger]:
    return get_gtt(trigger_id).then(WorkerGttTrigger.model_validate)


def modify_gtt(trigger_id: int, payload: Mapping[str, Any]) -> Call[JsonDict]:
    call = post(f"{_TRIGGERS}/{int(trigger_id)}", dict(payload))
    return once(replace(call, method="PUT"))


def delete_gtt(trigger_id: int) -> Call[JsonDict]:
    call = post(f"{_TRIGGERS}/{int(trigger_id)}")
    return once(replace(call, method="DELETE"))


def written(call: Call[JsonDict]) -> Call[WorkerGttWriteResult]:
    """Return the change of a GTT whose answer is its id."""
    return call.then(WorkerGttWriteResult.model_validate)


def _objects(body: Any) -> list[JsonDict]:
    found = cast("list[Any]", body) if isinstance(body, list) else []
    return [cast("JsonDict", one) for one in found if isinstance(one, dict)]

"""Replies to intents: built once, stored as bytes, repeated byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from tradertape_core.kernel.errors import InvariantBroken
from tradertape_core.kernel.frozen import quickly_made
from tradertape_server.features.execution.orders import unwinding, views
from tradertape_server.features.execution.state.unit_of_work import EXIT_RUN, UnitOfWork
from tradertape_server.platform.errors import ApiError

Json = dict[str, Any]
REPLAY_HEADER = "Idempotent-Replay"

__all__ = [
    "CANCEL_ORDER",
    "EXIT_RUN",
    "MODIFY_ORDER",
    "PLACE_BASKET",
    "PLACE_ORDER",
    "Outcome",
    "Reply",
]
PLACE_ORDER = "place_order"
PLACE_BASKET = "place_basket"
CANCEL_ORDER = "cancel_order"
MODIFY_ORDER = "modify_order"


@quickly_made
@dataclass(frozen=True, slots=True)
class Reply:
    """A status code and a JSON body; `is_replay` when it was given before."""

    status_code: int
    body: bytes
    is_replay: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """Headers to answer with."""
        return {REPLAY_HEADER: "true"} if self.is_replay else {}

    @property
    def document(self) -> Json:
        """The body, parsed."""
        return orjson.loads(self.body)


# A refusal is a value until it is back with its caller, because the note about it is committed.
Outcome = Reply | ApiError


def reply_of(body: Json, status_code: int = 200) -> Reply:
    """A body as an answer; the same body is always the same bytes."""
    return Reply(status_code, orjson.dumps(body, option=orjson.OPT_SORT_KEYS))


def given(outcome: Outcome) -> Reply:
    """The reply; raises what is a refusal."""
    if isinstance(outcome, ApiError):
        raise outcome
    return outcome


def kept(row: Json, *, is_replay: bool) -> Reply | None:
    """The answer of an intent; None where there is none yet."""
    if row["answer"] is None:
        return None
    return Reply(row["status_code"], bytes(row["answer"]), is_replay)


def store_reply(uow: UnitOfWork, row: Json) -> Reply | None:
    """Build the answer of an intent and keep it; None while there is nothing to say (an exit)."""
    build = _BUILDERS.get(row["kind"])
    if build is None:
        return None
    body = build(uow, row)
    if row["details"].get("strict"):
        del body["status"]  # the published model knows it inside `result` only
    return keep(uow, row, body)


def current_reply(uow: UnitOfWork, row: Json) -> Reply | None:
    """Build the reply of an intent from what is known now, without storing it.

    For a caller whose venue has not answered: the same key gives what is known later.
    """
    final = kept(row, is_replay=True)
    build = _BUILDERS.get(row["kind"])
    if final is not None or build is None:
        return final
    body = build(uow, row)
    if row["details"].get("strict"):
        del body["status"]
    return reply_of(body)


def keep(uow: UnitOfWork, row: Json, body: Json, status_code: int = 200) -> Reply:
    """Keep a body as the answer of an intent."""
    answer = reply_of(body, status_code)
    uow.answer(
        {
            "run_id": row["run_id"],
            "key": row["key"],
            "status_code": answer.status_code,
            "answer": answer.body,
        }
    )
    return answer


def _single(uow: UnitOfWork, row: Json) -> Json:
    leg = row["details"]["legs"][0]
    result = _order_result(uow, leg["order_id"])
    result["timeline_cursor"] = uow.cursor
    if row["details"].get("preview"):
        result["preview"] = row["details"]["preview"]
    return {
        "strategy_run_id": views.public_run_id(row["run_id"]),
        "mode": views.mode_of(row["venue"]),
        "order_id": leg["order_id"],
        "status": result["status"],
        "result": result,
    }


def _basket(uow: UnitOfWork, row: Json) -> Json:
    legs = [_leg(uow, leg) for leg in row["details"]["legs"]]
    unwound = unwinding.outcome(uow, row)
    result = {
        "basket_id": row["details"]["basket_id"],
        "status": _basket_status(row, legs, unwound),
        "legs": legs,
        "timeline_cursor": uow.cursor,
    }
    if unwound is not None:
        result["unwind"] = unwound
    if row["details"].get("preview"):
        result["preview"] = row["details"]["preview"]
    return {
        "strategy_run_id": views.public_run_id(row["run_id"]),
        "mode": views.mode_of(row["venue"]),
        "order_id": None,
        "status": result["status"],
        "result": result,
    }


def _leg(uow: UnitOfWork, leg: Json) -> Json:
    named = {"leg_id": leg["leg_id"]} if "leg_id" in leg else {}
    order_id = leg["order_id"]
    if order_id is None:
        return {
            "index": leg["index"],
            "order_id": None,
            "status": leg["status"],
            "detail": leg["detail"],
            **named,
        }
    result = _order_result(uow, order_id)
    return {"index": leg["index"], "detail": result["status_message"], **named, **result}


def _basket_status(row: Json, legs: list[Json], unwound: Json | None) -> str:
    """`partial` also when a leg was refused by the venue after others were taken, or lapsed."""
    if row["details"].get("dry_run"):
        return "dry_run"
    if unwound is not None:
        return "rejected" if unwound["status"] == "done" else "partial"
    refused = sum(leg["status"] in ("REJECTED", "DENIED") for leg in legs)
    if refused == len(legs):
        return "rejected"
    is_sent = row["venue"] != "dry_run"
    lapsed = is_sent and any(leg["status"] == "CANCELLED" for leg in legs)
    return "partial" if refused or lapsed else "accepted"


def _order_result(uow: UnitOfWork, order_id: str) -> Json:
    order = uow.order(order_id)
    if order is None:
        return {"order_id": order_id, "status": "REJECTED", "status_message": "not found"}
    return {
        "order_id": order_id,
        "status": str(order.status),
        "status_message": order.status_message,
        "filled_quantity": order.filled_quantity,
        "pending_quantity": order.pending_quantity,
        "average_price": views.number(order.average_price),
        "dry_run": order.is_dry_run,
        "children": [child.order_id for child in uow.family(order_id)] if order.slices else [],
    }


def _changed(uow: UnitOfWork, row: Json) -> Json:
    """The order that was cancelled or changed, as it is."""
    order = uow.order(row["details"]["order_id"])
    if order is None:
        raise InvariantBroken(f"{row['details']['order_id']} was changed and is not known")
    instrument = uow.market.instrument(order.request.instrument)
    return views.order_view(order, None if instrument is None else instrument.instrument_token)


_BUILDERS: dict[str, Callable[[UnitOfWork, Json], Json]] = {
    PLACE_ORDER: _single,
    PLACE_BASKET: _basket,
    CANCEL_ORDER: _changed,
    MODIFY_ORDER: _changed,
}

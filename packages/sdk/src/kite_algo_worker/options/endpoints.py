"""Requests for option chains, contract selection and option runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kite_algo_worker.models import JsonDict
from kite_algo_worker.options.models import (
    OptionExecutionLeg,
    OptionExpirySnapshot,
    OptionRunActionRequest,
    OptionRunCreateRequest,
)
from kite_algo_worker.protection import BackendProtection
from kite_algo_worker.protocol.call import Call, Repeat, ask, get, part, post

_RUNS = "/worker/options/runs"


def _underlying(underlying: str, rest: str) -> str:
    return f"/worker/options/underlyings/{part(str(underlying).strip().upper())}/{rest}"


def _run(run_id: str, rest: str) -> str:
    return f"{_RUNS}/{part(run_id)}/{rest}"


def session(underlying: str) -> Call[JsonDict]:
    return get(_underlying(underlying, "session"))


def expiries(underlying: str) -> Call[JsonDict]:
    call = get(_underlying(underlying, "expiries")).then(OptionExpirySnapshot.model_validate)
    return call.then(lambda found: found.model_dump())


def of_expiry(
    underlying: str, what: str, expiry: str | None, window: int | None = None
) -> Call[JsonDict]:
    return get(_underlying(underlying, what), {"expiry": expiry, "window": window})


def resolve_contracts(underlying: str, payload: Mapping[str, Any]) -> Call[JsonDict]:
    return ask(_underlying(underlying, "selection/resolve"), dict(payload))


def preview_strategy(payload: Mapping[str, Any]) -> Call[JsonDict]:
    return ask("/worker/options/strategies/preview", dict(payload))


def create_run(
    *,
    strategy_name: str,
    product: str,
    legs: Iterable[Mapping[str, Any] | OptionExecutionLeg],
    protection: Mapping[str, Any] | BackendProtection | None,
    metadata: Mapping[str, Any] | None,
) -> Call[JsonDict]:
    request = OptionRunCreateRequest(
        strategy_name=strategy_name,
        product=product,
        legs=[OptionExecutionLeg.model_validate(leg) for leg in legs],
        protection=None if protection is None else _document(protection),
        metadata=dict(metadata or {}),
    )
    mode = request.metadata.get("execution_mode") or request.metadata.get("mode") or ""
    return replace(post(_RUNS, request.model_dump()), mode=str(mode))


def preview_entry(run_id: str, payload: Mapping[str, Any] | None) -> Call[JsonDict]:
    return ask(_run(run_id, "preview-entry"), dict(payload or {}))


def preview_exit(run_id: str, payload: Mapping[str, Any] | None) -> Call[JsonDict]:
    return ask(_run(run_id, "preview-exit"), dict(payload or {}))


def enter(
    run_id: str, payload: Mapping[str, Any] | None, safety_token: str | None, nonce: str | None
) -> Call[JsonDict]:
    call = _action(run_id, "enter", payload, safety_token, nonce)
    body = call.body or {}
    mode = body.get("execution_mode") or body.get("mode") or ""
    return replace(call, enters=run_id, mode=str(mode))


def exit_(
    run_id: str, payload: Mapping[str, Any] | None, safety_token: str | None, nonce: str | None
) -> Call[JsonDict]:
    return _action(run_id, "exit", payload, safety_token, nonce)


def _action(
    run_id: str,
    what: str,
    payload: Mapping[str, Any] | None,
    safety_token: str | None,
    nonce: str | None,
) -> Call[JsonDict]:
    request = OptionRunActionRequest.model_validate(dict(payload or {}))
    if safety_token is not None:
        request = replace(request, safety_token=safety_token)
    call = post(_run(run_id, what), request.model_dump(), nonce=nonce)
    return replace(call, repeat=Repeat.KEYED if request.idempotency_key else Repeat.NEVER)


def run_state(run_id: str) -> Call[JsonDict]:
    return get(_run(run_id, "state"))


def update_protection(
    run_id: str, protection: Mapping[str, Any] | BackendProtection, nonce: str | None
) -> Call[JsonDict]:
    call = post(_run(run_id, "protection"), _document(protection), nonce=nonce)
    return replace(call, method="PUT")


def protection_state(run_id: str) -> Call[JsonDict]:
    return get(_run(run_id, "protection/state"))


def replay_protection(
    run_id: str,
    snapshots: Iterable[Mapping[str, Any]],
    protection: Mapping[str, Any] | BackendProtection | None,
) -> Call[JsonDict]:
    body: JsonDict = {"metric_snapshots": [dict(one) for one in snapshots]}
    if protection is not None:
        body["protection"] = _document(protection)
    return ask(_run(run_id, "protection/replay"), body)


def _document(protection: Mapping[str, Any] | BackendProtection) -> JsonDict:
    if isinstance(protection, BackendProtection):
        return protection.to_dict()
    return dict(protection)

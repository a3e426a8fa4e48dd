"""Requests for funds, profit and loss, and the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kite_algo_worker.endpoints.runs import path_of
from kite_algo_worker.models import (
    JsonDict,
    WorkerFundsSnapshot,
    WorkerRunPnlSnapshot,
    WorkerTimelineResponse,
)
from kite_algo_worker.models.money import read_funds
from kite_algo_worker.protocol.call import Call, get, post


def list_accounts() -> Call[JsonDict]:
    return get("/worker/accounts")


def create_account(account_scope: str, opening_cash: float | None) -> Call[JsonDict]:
    body: JsonDict = {"account_scope": account_scope}
    if opening_cash is not None:
        body["opening_cash"] = opening_cash
    return post("/worker/accounts", body)


def get_funds(mode: str, account_scope: str | None) -> Call[JsonDict]:
    return get("/worker/funds", {"mode": mode, "account_scope": account_scope})


def funds_snapshot(mode: str, account_scope: str | None) -> Call[WorkerFundsSnapshot]:
    call = get_funds(mode, account_scope)
    return call.then(lambda body: read_funds(body, mode=mode, account_scope=account_scope))


def get_run_funds(run_id: str) -> Call[JsonDict]:
    return get(path_of(run_id, "/funds"))


def get_run_pnl(run_id: str) -> Call[JsonDict]:
    return get(path_of(run_id, "/pnl"))


def run_pnl_snapshot(run_id: str) -> Call[WorkerRunPnlSnapshot]:
    return get_run_pnl(run_id).then(WorkerRunPnlSnapshot.model_validate)


def stream_run_pnl(run_id: str, interval_seconds: float) -> Call[JsonDict]:
    return get(path_of(run_id, "/pnl/stream"), {"interval_seconds": interval_seconds})


def list_timeline(run_id: str, params: Mapping[str, Any]) -> Call[JsonDict]:
    return get(path_of(run_id, "/timeline"), params)


def timeline_snapshot(run_id: str, params: Mapping[str, Any]) -> Call[WorkerTimelineResponse]:
    return list_timeline(run_id, params).then(WorkerTimelineResponse.model_validate)


def stream_timeline(run_id: str, params: Mapping[str, Any]) -> Call[JsonDict]:
    return get(path_of(run_id, "/timeline/stream"), params)


def log_decision_event(run_id: str, payload: Mapping[str, Any]) -> Call[JsonDict]:
    return post(path_of(run_id, "/decision-events"), dict(payload))

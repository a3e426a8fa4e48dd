"""HTTP of workers: runs and sessions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradertape_server.features.workers.http.authorization import AnyWorker, Nonce, PaperWorker
from tradertape_server.features.workers.http.services import Runs, Safety, Sessions
from tradertape_server.features.workers.schemas import Heartbeat, NewRun, RiskPatch

PREFIX = "/api/algo-workers/worker"
router = APIRouter(prefix=PREFIX, tags=["workers"])

Json = dict[str, Any]


@router.get("/health")
def health(_caller: AnyWorker) -> Json:
    """Say that the server works and the token is good."""
    return {"status": "healthy"}


@router.post("/heartbeat")
def heartbeat(runs: Runs, caller: AnyWorker, body: Heartbeat) -> Json:
    """Take a worker's sign of life outside of any run."""
    return runs.heartbeat(caller, body)


@router.post("/runs")
def create_run(runs: Runs, caller: PaperWorker, body: NewRun) -> Json:
    """Make a run, or find the one with this id again.

    409 when the id belongs to a run with another template, scope or mode, or to one that is
    closed; `metadata.restart_of` with its own id opens a closed run again.
    """
    return runs.create(caller, body)


@router.get("/runs")
def list_runs(
    runs: Runs,
    caller: PaperWorker,
    status: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Json:
    """List the account's runs, newest first."""
    return {"runs": runs.list(caller, status=status or None, limit=limit, offset=offset)}


@router.get("/runs/{strategy_run_id}")
def get_run(runs: Runs, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Give a run as it stands, with its health and its protection."""
    return runs.show(caller, strategy_run_id)


@router.post("/runs/{strategy_run_id}/claim-session")
def claim_session(sessions: Sessions, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Take the run: from now on its nonce fences off everybody else.

    409 while another worker holds it and has been heard of within a minute.
    """
    return sessions.claim(caller, strategy_run_id)


@router.delete("/runs/{strategy_run_id}/claim-session")
def release_session(
    sessions: Sessions, caller: PaperWorker, strategy_run_id: str, nonce: Nonce = None
) -> Json:
    """Let go of the run."""
    return sessions.release(caller, strategy_run_id, nonce)


@router.post("/runs/{strategy_run_id}/heartbeat")
def run_heartbeat(
    sessions: Sessions,
    caller: PaperWorker,
    strategy_run_id: str,
    body: Heartbeat,
    nonce: Nonce = None,
) -> Json:
    """Take the sign of life of the worker that holds the run."""
    return sessions.heartbeat(caller, strategy_run_id, nonce, body)


@router.get("/runs/{strategy_run_id}/safety-check")
def safety_check(runs: Runs, safety: Safety, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Say whether the run may trade, every reason why not, and give a token when it may.

    The token is good for 30 seconds and one intent, in this session and under this protection.
    """
    return safety.check(runs.get(caller, strategy_run_id))


@router.patch("/runs/{strategy_run_id}/risk")
def patch_risk(
    runs: Runs,
    caller: PaperWorker,
    strategy_run_id: str,
    body: RiskPatch,
    nonce: Nonce = None,
) -> Json:
    """Change risk controls, as the run's risk schema allows; old and new values are kept."""
    return runs.patch_risk(caller, strategy_run_id, body, nonce)

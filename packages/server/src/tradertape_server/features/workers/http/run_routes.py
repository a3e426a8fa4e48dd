"""HTTP of workers: runs and sessions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tradertape_server.features.workers.http.answers.runs import (
    ClaimedSession,
    HeartbeatReceipt,
    PatchedRisk,
    ReleasedSession,
    SafetyCheck,
    SessionHeartbeat,
    WorkerApiHealth,
    WorkerRun,
    WorkerRuns,
)
from tradertape_server.features.workers.http.authorization import AnyWorker, Nonce, PaperWorker
from tradertape_server.features.workers.http.services import Runs, Safety, Sessions
from tradertape_server.features.workers.schemas import ClaimIn, Heartbeat, NewRun, RiskPatch
from tradertape_server.platform.http.answers import answers

PREFIX = "/api/algo-workers/worker"
router = APIRouter(prefix=PREFIX, tags=["workers"])

Json = dict[str, Any]


@router.get("/health", responses=answers(WorkerApiHealth))
def health(_caller: AnyWorker) -> Json:
    """Confirm that the server works and the token is valid."""
    return {"status": "healthy"}


@router.post("/heartbeat", responses=answers(HeartbeatReceipt))
def heartbeat(runs: Runs, caller: AnyWorker, body: Heartbeat) -> Json:
    """Store a worker's heartbeat outside of any run."""
    return runs.heartbeat(caller, body)


@router.post("/runs", responses=answers(WorkerRun))
def create_run(runs: Runs, caller: PaperWorker, body: NewRun) -> Json:
    """Create a run, or find the existing one with this id.

    409 when the id belongs to a run with another template, scope or mode, or to one that is
    closed; `metadata.restart_of` with its own id opens a closed run again.
    """
    return runs.create(caller, body)


@router.get("/runs", responses=answers(WorkerRuns))
def list_runs(
    runs: Runs,
    caller: PaperWorker,
    status: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Json:
    """List the account's runs, newest first."""
    return {"runs": runs.list(caller, status=status or None, limit=limit, offset=offset)}


@router.get("/runs/{strategy_run_id}", responses=answers(WorkerRun))
def get_run(runs: Runs, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Return a run with the health of its worker and its protection."""
    return runs.show(caller, strategy_run_id)


@router.post("/runs/{strategy_run_id}/claim-session", responses=answers(ClaimedSession))
def claim_session(
    sessions: Sessions, caller: PaperWorker, strategy_run_id: str, body: ClaimIn | None = None
) -> Json:
    """Claim the run: from now on the new nonce fences off everybody else.

    409 while another worker holds it and has sent a heartbeat within a minute. The same token with
    the same `worker_id` takes its own claim over at once: a worker that was killed comes back.
    """
    return sessions.claim(caller, strategy_run_id, None if body is None else body.worker_id)


@router.delete("/runs/{strategy_run_id}/claim-session", responses=answers(ReleasedSession))
def release_session(
    sessions: Sessions, caller: PaperWorker, strategy_run_id: str, nonce: Nonce = None
) -> Json:
    """Release the run."""
    return sessions.release(caller, strategy_run_id, nonce)


@router.post("/runs/{strategy_run_id}/heartbeat", responses=answers(SessionHeartbeat))
def run_heartbeat(
    sessions: Sessions,
    caller: PaperWorker,
    strategy_run_id: str,
    body: Heartbeat,
    nonce: Nonce = None,
) -> Json:
    """Store a heartbeat of the worker that holds the run."""
    return sessions.heartbeat(caller, strategy_run_id, nonce, body)


@router.get("/runs/{strategy_run_id}/safety-check", responses=answers(SafetyCheck))
def safety_check(runs: Runs, safety: Safety, caller: PaperWorker, strategy_run_id: str) -> Json:
    """Check whether the run may trade; return every reason why not, or a safety token.

    The token is valid for 30 seconds and one intent, in this session and under this protection.
    """
    return safety.check(runs.get(caller, strategy_run_id))


@router.patch("/runs/{strategy_run_id}/risk", responses=answers(PatchedRisk))
def patch_risk(
    runs: Runs,
    caller: PaperWorker,
    strategy_run_id: str,
    body: RiskPatch,
    nonce: Nonce = None,
) -> Json:
    """Change risk controls, as the run's risk schema allows; the timeline has both values."""
    return runs.patch_risk(caller, strategy_run_id, body, nonce)

"""Which runs need a person's attention, and why."""

from __future__ import annotations

from tradertape_core.ledger.pnl import Pnl
from tradertape_server.features.workers.models import WorkerRun
from tradertape_server.features.workers.runs.liveness import Liveness
from tradertape_server.features.workers.runs.protection_columns import protection_of
from tradertape_server.features.workers.runs.views import health_of


def attention(
    run: WorkerRun,
    pnl: Pnl,
    liveness: Liveness,
    *,
    is_blind: bool,
    is_broken: bool,
    has_failed: bool,
    differs: bool = False,
) -> list[str]:
    """Codes, the most urgent first; none for a run that is closed or needs nothing.

    is_blind: its protection lacks a fresh price, so that it triggers nothing. is_broken: a leg of
    a basket was lost after the basket's reply, and no order was placed since. has_failed: something
    of the run could not be done in the last day. differs: the broker lastingly has other quantities
    of its instruments than are recorded.
    """
    if run.status == "closed":
        return []
    found: list[str] = []
    if run.status in ("halted", "error", "recovering"):
        found.append(run.status)
    if run.protection_status == "failed":
        found.append("protection_failed")
    if run.recovery_status == "required":
        found.append("reconciliation_required")
    if differs:
        found.append("broker_differs")
    if is_broken:
        found.append("basket_broken")
    if has_failed:
        found.append("set_aside")
    is_held = liveness.session(run) == "stale"
    if is_held or (pnl.position_count and health_of(run, liveness) in ("stale", "dead")):
        found.append("worker_silent")
    if is_blind or (pnl.position_count and pnl.is_stale):
        found.append("prices_stale")
    return found


def sentence_of(run: WorkerRun, reason: str, liveness: Liveness) -> str:
    """One sentence for a code."""
    why = f": {run.status_reason}" if run.status_reason else ""
    age = liveness.heartbeat_age_s(run)
    claim = protection_of(run).last_claim
    waits = ": its protection resumes with new prices" if run.protection_status == "armed" else ""
    sentences = {
        "halted": f"Halted{why}",
        "error": f"Stopped with an error{why}",
        "recovering": "Recovering after a server restart",
        "protection_failed": f"An exit failed{f': {claim.message}' if claim else ''}",
        "reconciliation_required": "Must be reconciled before it can trade again",
        "broker_differs": "The broker has other quantities than are recorded: see its page",
        "basket_broken": "A leg of a basket failed after others were accepted: see the timeline",
        "set_aside": "An action failed and was set aside: see the timeline",
        "worker_silent": f"No heartbeat from its worker for {_age(age)}",
        "prices_stale": f"Prices of its open positions are too old{waits}",
    }
    return sentences[reason]


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "a minute or more"
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
